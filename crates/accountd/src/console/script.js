// What moves by itself: news of lists, moving accounts by dragging, copying, and documents that are checked while one types.
"use strict";
document.documentElement.classList.add("js");

// What a form answered stands at the form's address: the page's own is the one to share and to load again.
const address = document.getElementById("main").dataset.address;
if (location.pathname + location.search !== address && document.getElementById("outcome")) {
  history.replaceState(null, "", address);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1200);
  });
});

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const isTyping = target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});

// Short answers with a time to ask again: nothing is held open.
for (const line of document.querySelectorAll("[data-news]")) {
  const source = new EventSource(line.dataset.news);
  source.addEventListener("news", (event) => {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = event.data;
    line.replaceChildren(link);
  });
  addEventListener("pagehide", () => source.close());
}

const mover = document.getElementById("form-move");
if (mover) {
  for (const row of document.querySelectorAll("[data-account]")) {
    row.draggable = true;
    row.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", row.dataset.account));
  }
  for (const unit of document.querySelectorAll("[data-unit]")) {
    unit.addEventListener("dragover", (event) => { event.preventDefault(); unit.classList.add("over"); });
    unit.addEventListener("dragleave", () => unit.classList.remove("over"));
    unit.addEventListener("drop", (event) => {
      event.preventDefault();
      const account = event.dataTransfer.getData("text/plain");
      const choice = [...document.querySelectorAll("[name='m.AccountId'][form='form-move']")]
        .find((input) => input.value === account);
      if (!choice) return;
      choice.checked = true;
      mover.elements["m.DestinationParentId"].value = unit.dataset.unit;
      mover.requestSubmit();
    });
  }
}

for (const area of document.querySelectorAll("[data-check]")) {
  const said = area.parentElement.querySelector(".checked");
  const token = area.form.elements["token"].value;
  let waiting;
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const body = new URLSearchParams({ token, kind: area.dataset.check, document: area.value });
      const answer = await fetch("/_accountd/console/check", { method: "POST", body });
      if (answer.ok) said.textContent = await answer.text();
    }, 300);
  });
}
