//! Delivery to an SMTP server of a few lines.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};

/// What the sink does with a recipient.
type Reply = fn(&str) -> &'static str;

/// Takes mail on a free port of this machine and sends each text to the receiver.
async fn sink(reply: Reply) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(session(stream, sender.clone(), reply));
        }
    });
    (url, receiver)
}

async fn session(stream: TcpStream, sender: mpsc::UnboundedSender<String>, reply: Reply) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sink\r\n").await.ok()?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP" => "250 ok",
            "RCPT" => reply(&line),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                sender.send(text(&mut stream).await?).ok()?;
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "500 what",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

async fn text(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    while !text.ends_with("\r\n.\r\n") {
        if stream.read_line(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    Some(text)
}

#[derive(Default)]
struct Fake {
    messages: Mutex<BTreeMap<String, Message>>,
    added: Notify,
    noted: Notify,
}

impl Fake {
    fn add(&self, key: &str, channel: Channel, to: &str) {
        let message = Message {
            channel,
            account: "111122223333".parse().unwrap(),
            to: to.to_owned(),
            subject: "Verify your address".to_owned(),
            body: "Your code is 424242.".to_owned(),
            code: "424242".to_owned(),
            sent_at: "2026-11-21T10:00:00Z".parse().unwrap(),
            delivered_at: None,
            lease: None,
        };
        self.messages.lock().unwrap().insert(key.to_owned(), message);
        self.added.notify_one();
    }

    fn is_delivered(&self, key: &str) -> bool {
        self.messages.lock().unwrap()[key].delivered_at.is_some()
    }
}

impl Outbox for Arc<Fake> {
    async fn undelivered(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, Message)>, String> {
        let messages = self.messages.lock().unwrap();
        let waiting = messages.iter().filter(|(key, message)| {
            after.is_none_or(|after| key.as_str() > after) && message.delivered_at.is_none()
        });
        Ok(waiting.take(limit).map(|(key, message)| (key.clone(), message.clone())).collect())
    }

    async fn mark_delivered(&self, key: &str, at: Timestamp) -> Result<(), String> {
        self.messages.lock().unwrap().get_mut(key).unwrap().delivered_at = Some(at);
        self.noted.notify_one();
        Ok(())
    }

    async fn changed(&self) {
        self.added.notified().await;
    }
}

const PAUSES_IN_TESTS: Pauses =
    Pauses { first: Duration::from_millis(10), longest: Duration::from_millis(20) };

fn start(outbox: &Arc<Fake>, url: String) {
    let outbox = Arc::clone(outbox);
    tokio::spawn(async move { deliver_with(&outbox, &url, PAUSES_IN_TESTS).await });
}

/// F-EDGE-30.
#[tokio::test]
async fn email_is_delivered_and_text_messages_stay() {
    let (url, mut received) = sink(|_| "250 ok").await;
    let outbox = Arc::new(Fake::default());
    outbox.add("message/1", Channel::Sms, "+15550100");
    outbox.add("message/2", Channel::Email, "ops@example.com");
    start(&outbox, url);
    let mail = received.recv().await.unwrap();
    for part in ["To: ops@example.com", "Subject: Verify your address", "Your code is 424242.", "21 Nov 2026"]
    {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    outbox.noted.notified().await;
    assert!(outbox.is_delivered("message/2") && !outbox.is_delivered("message/1"));

    outbox.add("message/3", Channel::Email, "more@example.com");
    assert!(received.recv().await.unwrap().contains("To: more@example.com"));
    outbox.noted.notified().await;
    assert!(outbox.is_delivered("message/3"));
}

/// F-EDGE-31.
#[tokio::test]
async fn what_the_server_refuses_for_good_does_not_hold_up_the_rest() {
    let (url, mut received) =
        sink(|line| if line.contains("bad@") { "550 no such person" } else { "250 ok" }).await;
    let outbox = Arc::new(Fake::default());
    outbox.add("message/1", Channel::Email, "bad@example.com");
    outbox.add("message/2", Channel::Email, "not an address");
    outbox.add("message/3", Channel::Email, "good@example.com");
    start(&outbox, url);
    assert!(received.recv().await.unwrap().contains("To: good@example.com"));
    outbox.noted.notified().await;
    assert!(outbox.is_delivered("message/3"));
    assert!(!outbox.is_delivered("message/1") && !outbox.is_delivered("message/2"));
}

/// F-EDGE-31.
#[tokio::test]
async fn what_the_server_cannot_take_now_is_tried_again() {
    static ASKED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let (url, mut received) = sink(|_| {
        let earlier = ASKED.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if earlier < 2 { "451 try later" } else { "250 ok" }
    })
    .await;
    let outbox = Arc::new(Fake::default());
    outbox.add("message/1", Channel::Email, "ops@example.com");
    let begun = tokio::time::Instant::now();
    start(&outbox, url);
    assert!(received.recv().await.unwrap().contains("To: ops@example.com"));
    assert!(begun.elapsed() >= PAUSES_IN_TESTS.first * 3, "one pause, and one twice as long");
    outbox.noted.notified().await;
    assert!(outbox.is_delivered("message/1"));
}

#[test]
fn a_url_is_checked_before_anything_is_sent() {
    for url in [
        "smtp://127.0.0.1:2525",
        "smtp://mail.example.com",
        "smtps://user:pass@mail.example.com:465",
        "smtp://user:pass@mail.example.com:587?tls=required",
        "smtp://mail.example.com?tls=opportunistic",
    ] {
        assert_eq!(check_url(url), Ok(()), "{url}");
    }
    for url in
        ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h?tls=maybe", "smtp://h?x=1"]
    {
        assert!(check_url(url).is_err(), "{url}");
    }
}
