//! What an issuer of outbound web identity tokens publishes: its discovery document and its keys, for whoever wants to
//! verify a token.

use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{Answer, Engine, error, failed, ok};

/// What the paths of issuers begin with.
const PREFIX: &str = "/_accountd/oidc/";

/// The id of an issuer and what is asked of it.
pub(super) fn parts(path: &str) -> Option<(&str, &str)> {
    let (id, page) = path.strip_prefix(PREFIX)?.split_once('/')?;
    matches!(page, ".well-known/openid-configuration" | "keys").then_some((id, page))
}

/// F-OUT-5: the page of an issuer. Its keys are to be had where it was asked for, whatever the issuer is called.
pub(super) async fn answer(engine: &impl Engine, path: &str, headers: &HeaderMap) -> Answer {
    let Some((id, page)) = parts(path) else {
        return error(
            StatusCode::NOT_FOUND,
            "An issuer is asked for .well-known/openid-configuration or keys.",
        );
    };
    let (issuer, keys) = match engine.issuer(id.to_owned()).await {
        Ok(Some(found)) => found,
        Ok(None) => return error(StatusCode::NOT_FOUND, "No account has this issuer."),
        Err(reason) => return failed(&reason),
    };
    if page == "keys" {
        return ok(&keys);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    ok(&discovery(&issuer, &format!("http://{host}{PREFIX}{id}/keys")))
}

fn discovery(issuer: &str, keys: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": keys,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES384"],
        "claims_supported": ["aud", "sub", "https://sts.amazonaws.com/", "iss", "exp", "iat", "jti"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F-OUT-5
    #[test]
    fn an_issuer_publishes_where_its_keys_are_f_out_5() {
        assert_eq!(parts("/_accountd/oidc/one/keys"), Some(("one", "keys")));
        for wrong in
            ["/_accountd/oidc/", "/_accountd/oidc/one", "/_accountd/oidc/one/two/keys", "/_accountd/keys"]
        {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
        let page = discovery("https://one.invalid", "http://localhost:4566/_accountd/oidc/one/keys");
        assert_eq!(page["issuer"], "https://one.invalid");
        assert_eq!(page["jwks_uri"], "http://localhost:4566/_accountd/oidc/one/keys");
    }
}
