//! Every page whose blocks are commands or programs has a test that runs them.

use super::File;

/// What is run. Blocks of other languages than these are no programs.
const LANGUAGES: [&str; 9] = ["console", "sh", "python", "js", "rust", "go", "java", "hcl", "yaml"];

const TESTCONTAINERS: &str = "tests/clients/containers/test_testcontainers.py";

const PYTHON_PAGES: &str = "tests/clients/python/test_pages.py";
const REACH_PYTHON: &str = "tests/clients/reach/test_python.py";
const REACH_NODE: &str = "tests/clients/reach/test_node.py";
const REACH_IMAGE: &str = "tests/clients/reach/test_image.py";

/// Page, language, and the test that runs it, which names the page.
const PAGES: &[(&str, &str, &str)] = &[
    ("README.md", "console", PYTHON_PAGES),
    ("crates/accountd/README.md", "sh", PYTHON_PAGES),
    ("crates/accountd-testing/README.md", "rust", "crates/clients-test/tests/world.rs"),
    ("docs/beside-other-emulators.md", "console", "tests/clients/python/test_forward.py"),
    ("docs/beside-other-emulators.md", "sh", "tests/clients/python/test_forward.py"),
    ("docs/coming-from-localstack-and-moto.md", "python", REACH_PYTHON),
    ("docs/containers.md", "yaml", REACH_IMAGE),
    ("docs/containers.md", "go", TESTCONTAINERS),
    ("docs/containers.md", "java", TESTCONTAINERS),
    ("docs/containers.md", "js", TESTCONTAINERS),
    ("docs/containers.md", "python", TESTCONTAINERS),
    ("docs/containers.md", "rust", TESTCONTAINERS),
    ("docs/iam-baseline.md", "console", "tests/clients/terraform/test_baseline_page.py"),
    ("docs/iam-baseline.md", "hcl", "tests/clients/terraform/test_baseline_page.py"),
    ("docs/iam-baseline.md", "sh", "tests/clients/terraform/test_baseline_page.py"),
    ("docs/operate.md", "console", PYTHON_PAGES),
    ("docs/operate.md", "sh", PYTHON_PAGES),
    ("docs/operate.md", "yaml", "tests/clients/reach/test_system.py"),
    ("docs/own-endpoints.md", "console", "tests/clients/python/test_own_endpoints.py"),
    ("docs/own-endpoints.md", "sh", "tests/clients/python/test_own_endpoints.py"),
    ("docs/seed-file.md", "sh", PYTHON_PAGES),
    ("docs/seed-file.md", "yaml", "crates/accountd/tests/seed_documents.rs"),
    ("docs/shared-database.md", "sh", "crates/accountd/tests/store/processes.rs"),
    ("docs/terminal.md", "console", PYTHON_PAGES),
    ("docs/terminal.md", "sh", PYTHON_PAGES),
    ("docs/testing.md", "js", REACH_NODE),
    ("docs/testing.md", "python", REACH_PYTHON),
    ("docs/testing.md", "sh", PYTHON_PAGES),
    ("docs/trails.md", "console", PYTHON_PAGES),
    ("docs/trails.md", "sh", PYTHON_PAGES),
    ("docs/vend-an-account-with-terraform.md", "console", "tests/clients/terraform/test_vend_page.py"),
    ("docs/vend-an-account-with-terraform.md", "hcl", "tests/clients/terraform/test_vend_page.py"),
    ("docs/vend-an-account-with-terraform.md", "sh", "tests/clients/terraform/test_vend_page.py"),
    ("docs/vend-an-account.md", "console", "tests/clients/python/test_vend_story.py"),
    ("docs/vend-an-account.md", "sh", "tests/clients/python/test_vend_story.py"),
    ("docs/why.md", "console", "tests/clients/python/test_why_page.py"),
    ("docs/why.md", "sh", "tests/clients/python/test_why_page.py"),
    ("npm/accountd/README.md", "console", REACH_NODE),
    ("npm/testing/README.md", "js", REACH_NODE),
    ("python/README.md", "console", REACH_PYTHON),
    ("python/README.md", "python", REACH_PYTHON),
];

pub(super) fn check(files: &[File]) -> Vec<String> {
    held_to(PAGES, files)
}

fn held_to(pages: &[(&str, &str, &str)], files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for page in files.iter().filter(|file| file.path.ends_with(".md")) {
        for language in LANGUAGES.iter().filter(|language| has_block(&page.text, language)) {
            let row = pages.iter().find(|(path, of, _)| *path == page.path && of == language);
            match row {
                None => problems.push(format!("{}: no test runs its blocks of `{language}`", page.path)),
                Some((_, _, test)) => problems.extend(unnamed(page, test, files)),
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
        let rows = [("docs/a.md", "sh", "t.py")];
        assert_eq!(held_to(&[], &[page]), ["docs/a.md: no test runs its blocks of `sh`"]);
        let page = || file("docs/a.md", "```sh\necho\n```\n");
        assert_eq!(held_to(&rows, &[page()]), ["docs/a.md: t.py does not name it"]);
        assert!(held_to(&rows, &[page(), file("t.py", "Page('a.md')")]).is_empty());
        assert_eq!(held_to(&rows, &[]), ["docs/a.md: it has no blocks of `sh` any more"]);
    }
}
