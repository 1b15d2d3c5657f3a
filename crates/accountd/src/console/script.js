// What moves by itself: news of lists, moving accounts by dragging, copying, documents that are checked while one types, and
// files that are sent.
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

// A browser has few connections to one host: news are told to the page that is in front.
for (const line of document.querySelectorAll("[data-news]")) {
  let source;
  const listen = () => {
    source?.close();
    source = document.hidden ? undefined : new EventSource(line.dataset.news);
    source?.addEventListener("news", (event) => {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = event.data;
      line.replaceChildren(link);
    });
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  listen();
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

// The file alone, so that it may be of any size, and says how far it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-upload]")) return;
  event.preventDefault();
  const [bar, said] = [form.querySelector("progress"), form.querySelector(".sent")];
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.setRequestHeader("Accept", "text/html");
  request.setRequestHeader("x-accountd-token", form.elements["token"].value);
  request.upload.addEventListener("progress", (sent) => {
    Object.assign(bar, { hidden: false, max: sent.total, value: sent.loaded });
    said.textContent = `${megabytes(sent.loaded)} of ${megabytes(sent.total)} MB`;
  });
  request.addEventListener("load", () => {
    for (const part of ["header", "main"]) {
      document.querySelector(part).replaceWith(request.response.querySelector(part));
    }
    document.getElementById("outcome")?.focus();
  });
  request.addEventListener("error", () => { said.textContent = "It could not be sent."; });
  request.send(form.elements["document"].files[0]);
});
