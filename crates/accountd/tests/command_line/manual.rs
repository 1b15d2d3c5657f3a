//! The manual and the completions of shells, which are made of the command line's grammar and ship with a release:
//! `ACCOUNTD_WRITE_MANUAL=FOLDER cargo test -p accountd --test command_line manual` writes them.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use accountd::configuration::grammar;
use clap_complete::Shell;

use super::{Directory, IN_MEMORY, Running};

fn write(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    clap_mangen::generate_to(grammar(), folder).unwrap();
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        clap_complete::generate_to(shell, &mut grammar(), "accountd", folder).unwrap();
    }
}

/// Hidden commands and flags aside, nothing that one may type is missing.
#[test]
fn the_manual_has_a_page_for_each_command_and_the_completions_know_them() {
    let directory = Directory::new("manual");
    let folder = std::env::var_os("ACCOUNTD_WRITE_MANUAL").map_or(directory.0.clone(), Into::into);
    write(&folder);
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (page, bash) = (read("accountd.1"), read("accountd.bash"));
    for command in grammar().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        assert!(read(&format!("accountd-{name}.1")).contains(".SH NAME"), "{name}");
        for shell in ["accountd.bash", "accountd.fish", "_accountd"] {
            assert!(read(shell).contains(name), "{name} in {shell}");
        }
    }
    let mut grammar = grammar();
    grammar.build();
    for flag in grammar.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(|flag| flag.get_long())
    {
        assert!(bash.contains(&format!("--{flag}")), "{flag}");
        // The manual writes a hyphen that is one.
        assert!(page.contains(&flag.replace('-', "\\-")), "{flag}");
    }
}

/// F-EDGE-34
#[test]
fn systemd_is_told_when_it_is_ready_and_names_the_directory() {
    let directory = Directory::new("systemd");
    let socket = UnixDatagram::bind(directory.0.join("notify")).unwrap();
    let state = directory.0.join("state");
    let environment = [
        ("NOTIFY_SOCKET", directory.0.join("notify").to_str().unwrap().to_owned()),
        ("STATE_DIRECTORY", state.to_str().unwrap().to_owned()),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let running = Running::with_environment(&IN_MEMORY[1..], &environment);
    let mut told = [0; 64];
    let length = socket.recv(&mut told).unwrap();
    assert_eq!(String::from_utf8_lossy(&told[..length]).trim(), "READY=1");
    assert_eq!(running.end("-TERM").0, Some(0));
    let length = socket.recv(&mut told).unwrap();
    assert_eq!(String::from_utf8_lossy(&told[..length]).trim(), "STOPPING=1");
    assert!(state.join("accountd.sqlite").is_file());
}
