//! From AWS's managed policies, as they are published, to `crates/services/src/authority/aws-managed-policies.*`, which accountd carries.
//!
//! The index is text, a line a policy in the order of names, so that a refresh can be read in a diff and a name can be
//! found without unpacking anything. The documents stand one after the other in blocks, each compressed by itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The most bytes of documents in a block, unless one document alone has more. Larger blocks compress better (one block
/// for all: 277 KB; these: 373 KB; blocks of 64 KiB: 448 KB) and take longer to unpack for one policy.
const BLOCK_BYTES: usize = 256 * 1024;

/// Writes the index and the blocks anew.
///
/// `source` is JSON, also compressed by gzip: a list of policies (`PolicyName`, `Path`, `DefaultVersionId`, `CreateDate`,
/// `UpdateDate`, `Document`), or an object of them by name.
///
/// # Errors
/// Where the file cannot be read or lacks something, or `zstd` is not installed.
pub fn run(source: &str) -> Result<(), String> {
    let policies = read(Path::new(source))?;
    let (mut index, mut blocks, mut block, mut place) = (String::new(), Vec::new(), String::new(), 0);
    for policy in &policies {
        if !block.is_empty() && block.len() + policy.document.len() > BLOCK_BYTES {
            append(&mut blocks, &mut block)?;
            place += 1;
        }
        let Policy { name, path, version, created_at, published_at, document } = policy;
        let (begin, length) = (block.len(), document.len());
        writeln!(index, "{name} {path} {version} {created_at} {published_at} {place} {begin} {length}")
            .map_err(|error| error.to_string())?;
        block.push_str(document);
    }
    append(&mut blocks, &mut block)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/services/src/authority");
    for (name, bytes) in
        [("aws-managed-policies.txt", index.as_bytes()), ("aws-managed-policies.zst", &blocks)]
    {
        let path: PathBuf = folder.join(name);
        std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    eprintln!("{} policies in {} blocks, {} bytes", policies.len(), place + 1, blocks.len());
    Ok(())
}

struct Policy {
    name: String,
    path: String,
    version: String,
    /// Seconds since 1970.
    created_at: i64,
    /// Seconds since 1970.
    published_at: i64,
    document: String,
}

fn read(source: &Path) -> Result<Vec<Policy>, String> {
    let in_file = |problem: String| format!("{}: {problem}", source.display());
    let bytes = match source.extension().is_some_and(|extension| extension == "gz") {
        true => output(Command::new("gzip").arg("-dc").arg(source), &[])?,
        false => std::fs::read(source).map_err(|error| in_file(error.to_string()))?,
    };
    let document: Value = serde_json::from_slice(&bytes).map_err(|error| in_file(error.to_string()))?;
    let mut policies = match &document {
        Value::Array(all) => all.iter().map(|one| policy(None, one)).collect::<Result<Vec<_>, _>>(),
        Value::Object(all) => all.iter().map(|(name, one)| policy(Some(name), one)).collect(),
        _ => Err("neither a list nor an object".to_owned()),
    }
    .map_err(in_file)?;
    policies.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(policies)
}

fn policy(name: Option<&str>, given: &Value) -> Result<Policy, String> {
    let name = name.or(given["PolicyName"].as_str()).ok_or("a policy without a name")?;
    let text = |member: &str| {
        given[member].as_str().map(str::to_owned).ok_or_else(|| format!("{name} has no {member}"))
    };
    let time = |member: &str| {
        let time: jiff::Timestamp = text(member)?.parse().map_err(|error| format!("{name}: {error}"))?;
        Ok::<_, String>(time.as_second())
    };
    Ok(Policy {
        path: text("Path")?,
        version: text("DefaultVersionId")?,
        created_at: time("CreateDate")?,
        published_at: time("UpdateDate")?,
        document: in_order(&given["Document"]).to_string(),
        name: name.to_owned(),
    })
}

/// A document with its members in the order in which AWS mostly writes them. The published data has them by alphabet.
fn in_order(value: &Value) -> Value {
    const ORDER: [&str; 11] = [
        "Version",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), in_order(value))).collect();
            members.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(in_order).collect()),
        other => other.clone(),
    }
}

/// Compresses a block and puts it, behind its length in four bytes, to the others.
fn append(blocks: &mut Vec<u8>, block: &mut String) -> Result<(), String> {
    let arguments = ["--ultra", "-22", "--no-check", "--quiet", "--stdout"];
    let compressed = output(Command::new("zstd").args(arguments), std::mem::take(block).as_bytes())?;
    let length = u32::try_from(compressed.len()).map_err(|error| error.to_string())?;
    blocks.extend(length.to_le_bytes());
    blocks.extend(compressed);
    Ok(())
}

/// What a program writes when it is given `input`.
fn output(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, String> {
    use std::io::Write as _;
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |problem: String| format!("{name}: {problem}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut pipe = child.stdin.take().ok_or_else(|| failed("takes no input".to_owned()))?;
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(move || pipe.write_all(input));
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        writer.join().map_err(|_| "its input broke off".to_owned())?.map_err(|error| error.to_string())?;
        Ok(output)
    });
    let output = written.map_err(failed)?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed(output.status.to_string())) }
}
