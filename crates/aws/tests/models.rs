//! Every pattern of every model can be run: none is left to be found by a caller.

#![expect(clippy::disallowed_methods, reason = "a test reads the models as they lie")]

use std::path::Path;

use aws::smithy::Pattern;
use serde_json::Value;

/// F-WIRE-2: a pattern is translated when it is first needed, and one that cannot be would stop accountd there.
#[test]
fn every_pattern_of_every_model_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let mut patterns = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(model) = serde_json::from_str::<Value>(&text) else { continue };
        for (name, shape) in model["shapes"].as_object().into_iter().flatten() {
            if let Some(pattern) = shape["pattern"].as_str() {
                eprintln!("{}: {name}: {pattern}", path.display());
                Pattern::new(pattern.to_owned().leak()).matches("");
                patterns += 1;
            }
        }
    }
    assert!(patterns > 100, "{patterns}");
}
