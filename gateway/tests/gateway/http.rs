//! Asking and telling over HTTP.

use std::fs;

use serde_json::json;

use crate::support::{Gateway, kinds, text};

const WORKFLOW: &str = "label = 'Works'\n[[phase]]\nid = 'a'\nlabel = 'A'\ncommand = ['true']\n";

#[tokio::test]
async fn the_gateway_says_that_it_is_alive() {
    let gateway = Gateway::start(&[]).await;
    assert_eq!(gateway.client.get("/healthz").await, (200, json!({"status":"ok"})));
}

#[tokio::test]
async fn a_session_says_where_it_is_in_its_life() {
    let gateway = Gateway::start(&["--history", "2"]).await;
    let id = gateway.client.create().await;
    let (_, created) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    let expected = json!({"sessionId":id, "state":"created", "epoch":created["epoch"],
                          "oldest":0, "newest":0});
    assert_eq!(created, expected);
    gateway.client.publish_logs(&id, 1, 5).await;
    gateway.client.complete(&id).await;
    let (_, ended) = gateway.client.get(&format!("/api/sessions/{id}")).await;
    let expected = json!({"sessionId":id, "state":"complete", "epoch":created["epoch"],
                          "oldest":5, "newest":6});
    assert_eq!(ended, expected);
}

#[tokio::test]
async fn a_session_may_have_an_id_of_the_callers_choice() {
    let gateway = Gateway::start(&[]).await;
    let create = |id: &str| json!({"sessionId":id}).to_string();
    let (status, body) = gateway.client.post("/api/sessions", &create("mine")).await;
    assert_eq!((status, body), (201, json!({"sessionId":"mine"})));
    for (body, status) in [
        (create("mine"), 409),
        (create("a b"), 400),
        (create(""), 400),
        ("{\"id\":\"x\"}".to_owned(), 400),
        ("nonsense".to_owned(), 400),
    ] {
        let (actual, error) = gateway.client.post("/api/sessions", &body).await;
        assert_eq!(actual, status, "{body}");
        assert!(error["error"].is_string(), "{error}");
    }
}

#[tokio::test]
async fn one_session_too_many_is_refused_until_one_ends() {
    let gateway = Gateway::start(&["--max-sessions", "1"]).await;
    let id = gateway.client.create().await;
    let (status, response) = gateway.client.raw("POST /api/sessions HTTP/1.1", "").await;
    assert_eq!(status, 429);
    assert!(response.to_lowercase().contains("retry-after: "), "{response}");
    gateway.client.complete(&id).await;
    gateway.client.create().await;
}

#[tokio::test]
async fn an_unknown_session_is_not_found() {
    let gateway = Gateway::start(&[]).await;
    for path in ["sessions/x", "strategy/events/x", "strategy/result/x", "nothing"] {
        let (status, body) = gateway.client.get(&format!("/api/{path}")).await;
        assert_eq!(status, 404);
        assert!(body["error"].is_string(), "{body}");
    }
    for path in ["start", "cancel", "events"] {
        let path = format!("/api/sessions/x/{path}");
        assert_eq!(gateway.client.post(&path, "{}").await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn an_ended_session_cannot_be_cancelled_or_started() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow("works", WORKFLOW);
    let id = gateway.client.create().await;
    let cancel = format!("/api/sessions/{id}/cancel");
    let (status, body) = gateway.client.post(&cancel, "").await;
    assert_eq!((status, text(&body, "state")), (200, "cancelled"));
    assert_eq!(gateway.client.post(&cancel, "").await.0, 409);
    assert_eq!(gateway.client.start(&id, "works").await.0, 409);
}

#[tokio::test]
async fn a_second_start_is_a_conflict() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow("works", WORKFLOW);
    let id = gateway.client.create().await;
    assert_eq!(gateway.client.start(&id, "works").await.0, 200);
    assert_eq!(gateway.client.start(&id, "works").await.0, 409);
}

#[tokio::test]
async fn workflows_are_listed_with_their_phases() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow("works", WORKFLOW);
    fs::write(gateway.folder.path().join("notes.txt"), "no workflow").expect("a file");
    let phases = json!([{"id":"a", "label":"A"}]);
    let expected = json!([{"name":"works", "label":"Works", "phases":phases}]);
    assert_eq!(gateway.client.get("/api/workflows").await, (200, expected));
}

#[tokio::test]
async fn an_unknown_workflow_is_answered_with_the_known_ones() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.write_workflow("works", WORKFLOW);
    for name in ["other", "../works", ""] {
        let (status, body) = gateway.client.start(&id, name).await;
        assert_eq!(status, 404);
        assert!(text(&body, "error").contains("there are: works"), "{body}");
    }
}

#[tokio::test]
async fn a_malformed_workflow_is_named_with_its_line_and_the_others_are_served() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow("broken", "label = 'Broken'\n[[phase]]\nid = 'a'\ncommand = 'true'\n");
    gateway.write_workflow("works", WORKFLOW);
    let (_, list) = gateway.client.get("/api/workflows").await;
    assert_eq!((text(&list[0], "name"), &list[0]["phases"]), ("broken", &json!([])));
    assert!(text(&list[0], "error").starts_with("broken.toml, line 4: "), "{list}");
    assert_eq!(list[1]["error"], json!(null));
    let id = gateway.client.create().await;
    let (status, body) = gateway.client.start(&id, "broken").await;
    assert_eq!((status, &body["error"]), (422, &list[0]["error"]));
    assert!(text(&body, "error").contains("expected a sequence"), "{body}");
}

#[tokio::test]
async fn an_edited_workflow_needs_no_restart() {
    let gateway = Gateway::start(&[]).await;
    gateway.write_workflow("works", "nonsense");
    gateway.write_workflow("works", WORKFLOW);
    let id = gateway.client.create().await;
    assert_eq!(gateway.client.start(&id, "works").await.0, 200);
    assert_eq!(kinds(&gateway.client.follow(&id).await.events().await).last(), Some(&"complete"));
}

#[tokio::test]
async fn the_events_after_a_number_can_be_read() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    gateway.client.publish_logs(&id, 1, 3).await;
    let path = format!("/api/strategy/events/{id}");
    let (status, body) = gateway.client.get(&format!("{path}?from=2")).await;
    assert_eq!((status, &body["total"], &body["from"]), (200, &json!(3), &json!(2)));
    assert_eq!(body["session_active"], true);
    assert_eq!(body["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["events"][0]["seq"], 3);
    gateway.client.complete(&id).await;
    let (_, body) = gateway.client.get(&path).await;
    assert_eq!(body["session_active"], false);
    assert_eq!(body["events"].as_array().map(Vec::len), Some(4));
    assert_eq!(gateway.client.get(&format!("{path}?from=x")).await.0, 400);
}

#[tokio::test]
async fn the_result_is_found_once_there_is_one() {
    let gateway = Gateway::start(&[]).await;
    let id = gateway.client.create().await;
    let path = format!("/api/strategy/result/{id}");
    assert_eq!(gateway.client.get(&path).await.0, 404);
    gateway.client.complete(&id).await;
    assert_eq!(gateway.client.get(&path).await, (200, json!({"status":"complete"})));
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_cancelled() {
    let gateway = Gateway::start(&["--idle", "0.01"]).await;
    let id = gateway.client.create().await;
    loop {
        let (_, body) = gateway.client.get(&format!("/api/sessions/{id}")).await;
        if body["state"] == "cancelled" {
            break;
        }
        assert_eq!(body["state"], "created");
    }
}

#[tokio::test]
async fn a_body_that_is_too_big_is_refused() {
    let gateway = Gateway::start(&[]).await;
    let (status, body) = gateway.client.post("/api/sessions", &" ".repeat(70_000)).await;
    assert_eq!(status, 413);
    assert!(body["error"].is_string(), "{body}");
}

#[tokio::test]
async fn without_a_page_the_root_says_how_to_get_one() {
    let gateway = Gateway::start(&[]).await;
    let (status, response) = gateway.client.raw("GET / HTTP/1.1", "").await;
    assert_eq!(status, 200);
    assert!(response.contains("--page"), "{response}");
}

#[tokio::test]
async fn the_page_is_served_with_the_right_types() {
    let page = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in [("index.html", "<p>page"), ("a-0123456789abcdef_bg.wasm", "\0asm")] {
        fs::write(page.path().join(name), content).expect("a file");
    }
    let folder = page.path().to_str().expect("a plain path");
    let gateway = Gateway::start(&["--page", folder]).await;
    for (path, kind, cache) in [
        ("/", "text/html", "no-cache"),
        ("/?session=x", "text/html", "no-cache"),
        ("/a-0123456789abcdef_bg.wasm", "application/wasm", "immutable"),
    ] {
        let (status, response) = gateway.client.raw(&format!("GET {path} HTTP/1.1"), "").await;
        assert_eq!(status, 200, "{path}");
        assert!(response.contains(&format!("content-type: {kind}")), "{response}");
        assert!(response.contains(cache), "{response}");
    }
    for path in ["/missing-0123456789abcdef.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        let (status, response) = gateway.client.raw(&format!("GET {path} HTTP/1.1"), "").await;
        assert_eq!(status, 404, "{path}");
        assert!(!response.contains("immutable"), "{response}");
    }
}
