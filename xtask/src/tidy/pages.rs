//! Every page whose blocks are commands or programs has a test that runs them, or a word on why none does.

use super::File;

/// Who runs the blocks of one language on a page.
enum By {
    /// This test, which names the page.
    Test(&'static str),
    /// Nobody, for this reason.
    Nobody(&'static str),
}

use By::{Nobody, Test};

/// What is run. Blocks of other languages than these are no programs.
const LANGUAGES: [&str; 9] = ["console", "sh", "python", "js", "rust", "go", "java", "hcl", "yaml"];

const TESTCONTAINERS: By = Nobody(
    "it needs a container runtime and that language's Testcontainers; the image, its variables and the line `Ready.` are tested",
);

const PYTHON_PAGES: &str = "tests/clients/python/test_pages.py";
const REACH_PYTHON: &str = "tests/clients/reach/test_python.py";
const REACH_NODE: &str = "tests/clients/reach/test_node.py";
const REACH_IMAGE: &str = "tests/clients/reach/test_image.py";

/// Page, language, and who runs it.
const PAGES: &[(&str, &str, By)] = &[
    ("README.md", "console", Test(PYTHON_PAGES)),
    ("crates/accountd/README.md", "sh", Test(PYTHON_PAGES)),
    ("crates/accountd-testing/README.md", "rust", Test("crates/clients-test/tests/world.rs")),
    ("docs/beside-other-emulators.md", "console", Test("tests/clients/python/test_forward.py")),
    ("docs/beside-other-emulators.md", "sh", Test("tests/clients/python/test_forward.py")),
    ("docs/coming-from-localstack-and-moto.md", "python", Test(REACH_PYTHON)),
    ("docs/containers.md", "yaml", Test(REACH_IMAGE)),
    ("docs/containers.md", "go", TESTCONTAINERS),
    ("docs/containers.md", "java", TESTCONTAINERS),
    ("docs/containers.md", "js", TESTCONTAINERS),
    ("docs/containers.md", "python", TESTCONTAINERS),
    ("docs/containers.md", "rust", TESTCONTAINERS),
    ("docs/iam-baseline.md", "console", Test("tests/clients/terraform/test_baseline_page.py")),
    ("docs/iam-baseline.md", "hcl", Test("tests/clients/terraform/test_baseline_page.py")),
    ("docs/iam-baseline.md", "sh", Test("tests/clients/terraform/test_baseline_page.py")),
    ("docs/operate.md", "console", Test(PYTHON_PAGES)),
    ("docs/operate.md", "sh", Test(PYTHON_PAGES)),
    (
        "docs/operate.md",
        "yaml",
        Nobody(
            "a scrape of a Prometheus, which is not here; promtool checks the rules and the page it reads",
        ),
    ),
    ("docs/own-endpoints.md", "console", Test("tests/clients/python/test_own_endpoints.py")),
    ("docs/own-endpoints.md", "sh", Test("tests/clients/python/test_own_endpoints.py")),
    ("docs/seed-file.md", "sh", Test(PYTHON_PAGES)),
    ("docs/seed-file.md", "yaml", Test("crates/accountd/tests/seed_documents.rs")),
    ("docs/shared-database.md", "sh", Test("crates/accountd/tests/store/processes.rs")),
    ("docs/terminal.md", "console", Test(PYTHON_PAGES)),
    ("docs/terminal.md", "sh", Test(PYTHON_PAGES)),
    ("docs/testing.md", "js", Test(REACH_NODE)),
    ("docs/testing.md", "python", Test(REACH_PYTHON)),
    ("docs/testing.md", "sh", Test(PYTHON_PAGES)),
    ("docs/trails.md", "console", Test(PYTHON_PAGES)),
    ("docs/trails.md", "sh", Test(PYTHON_PAGES)),
    ("docs/vend-an-account-with-terraform.md", "console", Test("tests/clients/terraform/test_vend_page.py")),
    ("docs/vend-an-account-with-terraform.md", "hcl", Test("tests/clients/terraform/test_vend_page.py")),
    ("docs/vend-an-account-with-terraform.md", "sh", Test("tests/clients/terraform/test_vend_page.py")),
    ("docs/vend-an-account.md", "console", Test("tests/clients/python/test_vend_story.py")),
    ("docs/vend-an-account.md", "sh", Test("tests/clients/python/test_vend_story.py")),
    ("docs/why.md", "console", Test("tests/clients/python/test_why_page.py")),
    ("docs/why.md", "sh", Test("tests/clients/python/test_why_page.py")),
    ("npm/accountd/README.md", "console", Test(REACH_NODE)),
    ("npm/testing/README.md", "js", Test(REACH_NODE)),
    (
        "python/README.md",
        "console",
        Nobody("the wheel is installed and the program run by the tests of packages, not from an index"),
    ),
    ("python/README.md", "python", Test(REACH_PYTHON)),
];

pub(super) fn check(files: &[File]) -> Vec<String> {
    held_to(PAGES, files)
}

fn held_to(pages: &[(&str, &str, By)], files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for page in files.iter().filter(|file| file.path.ends_with(".md")) {
        for language in LANGUAGES.iter().filter(|language| has_block(&page.text, language)) {
            let row = pages.iter().find(|(path, of, _)| *path == page.path && of == language);
            match row {
                None => problems.push(format!("{}: no test runs its blocks of `{language}`", page.path)),
                Some((_, _, Test(test))) => problems.extend(unnamed(page, test, files)),
                Some((_, _, Nobody(why))) => {
                    problems
                        .extend(why.is_empty().then(|| format!("{}: why does nobody run it?", page.path)));
                }
            }
        }
    }
    let is_there = |path: &str, language: &str| {
        files.iter().any(|file| file.path == path && has_block(&file.text, language))
    };
    let stale = pages.iter().filter(|(path, language, _)| !is_there(path, language));
    problems.extend(
        stale.map(|(path, language, _)| format!("{path}: it has no blocks of `{language}` any more")),
    );
    problems
}

fn has_block(text: &str, language: &str) -> bool {
    let languages = text.lines().filter_map(|line| line.strip_prefix("```"));
    languages.filter_map(|told| told.split(',').next()).any(|told| told == language)
}

/// A test that runs a page names its file.
fn unnamed(page: &File, test: &str, files: &[File]) -> Option<String> {
    let name = page.path.rsplit('/').next().unwrap_or(&page.path);
    let is_named = files.iter().any(|file| file.path == test && file.text.contains(name));
    (!is_named).then(|| format!("{}: {test} does not name it", page.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_nobody_runs_is_a_problem() {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let page = file("docs/a.md", "# A\n```sh\necho\n```\n```text\nx\n```\n");
        let rows = |by| [("docs/a.md", "sh", by)];
        assert_eq!(held_to(&[], &[page]), ["docs/a.md: no test runs its blocks of `sh`"]);
        let page = || file("docs/a.md", "```sh\necho\n```\n");
        assert_eq!(held_to(&rows(Test("t.py")), &[page()]), ["docs/a.md: t.py does not name it"]);
        assert!(held_to(&rows(Test("t.py")), &[page(), file("t.py", "Page('a.md')")]).is_empty());
        assert!(held_to(&rows(Nobody("it waits")), &[page()]).is_empty());
        assert_eq!(held_to(&rows(Nobody("it waits")), &[]), ["docs/a.md: it has no blocks of `sh` any more"]);
    }
}
