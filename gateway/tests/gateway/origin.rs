//! Refusing the pages of other sites.

use tokio_tungstenite::tungstenite::{Error, http::StatusCode};

use crate::support::Gateway;

async fn check_upgrade(header: (&'static str, &str), refused: bool) {
    let gateway = Gateway::start(&["--allow-origin", "https://example.com"]).await;
    let id = gateway.client.create().await;
    match gateway.client.upgrade(&id, &[header]).await {
        Ok(_) => assert!(!refused, "{header:?}"),
        Err(Error::Http(response)) => {
            assert!(refused, "{header:?}");
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
        }
        Err(error) => panic!("{error}"),
    }
}

async fn check_request(head: &str, status: u16) {
    let gateway = Gateway::start(&[]).await;
    let (actual, response) = gateway.client.raw(head, "").await;
    assert_eq!(actual, status, "{head}");
    assert_eq!(response.contains("\"error\""), status >= 400, "{response}");
}

#[tokio::test]
async fn a_socket_of_a_page_of_another_site_is_refused() {
    check_upgrade(("origin", "https://evil.example"), true).await;
    check_upgrade(("origin", "null"), true).await;
}

#[tokio::test]
async fn a_socket_of_a_loopback_page_or_an_allowed_one_is_taken() {
    check_upgrade(("origin", "http://localhost:8080"), false).await;
    check_upgrade(("origin", "https://example.com"), false).await;
}

#[tokio::test]
async fn a_socket_to_another_host_is_refused() {
    check_upgrade(("host", "evil.example"), true).await;
}

#[tokio::test]
async fn a_change_by_a_page_of_another_site_is_refused() {
    check_request("POST /api/sessions HTTP/1.1\r\nOrigin: https://evil.example", 403).await;
    check_request("POST /api/sessions HTTP/1.1\r\nOrigin: http://127.0.0.1:1", 201).await;
}

#[tokio::test]
async fn a_request_to_another_host_is_refused() {
    check_request("GET /healthz HTTP/1.1\r\nHost: evil.example", 403).await;
    check_request("GET /healthz HTTP/1.1\r\nHost: localhost", 200).await;
}
