//! The peer of the contract cases: see tests/contract/README.md. `--async` uses the futures.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use tapps::*;

struct Form(Vec<(String, String)>);

fn unescape(text: &str) -> String {
    let (mut out, bytes, mut at) = (Vec::new(), text.as_bytes(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                at += 2;
            }
            b'+' => out.push(b' '),
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8(out).unwrap()
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(byte as char);
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

impl Form {
    fn parse(line: &str) -> Form {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unescape(name), unescape(value))
        };
        Form(line.trim().split('&').map(pair).collect())
    }
    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }
    fn text(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }
    fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
    fn bytes(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name).unwrap_or(""))
    }
    fn many(&self, name: &str) -> Vec<Vec<u8>> {
        self.all(name).into_iter().map(unhex).collect()
    }
    fn number(&self, name: &str) -> Option<u64> {
        self.text(name).map(|text| text.parse().unwrap())
    }
    fn ms(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }
}

type Answer = Vec<(&'static str, String)>;

struct Peer {
    futures: bool,
    cache: Option<Cache>,
    breakers: HashMap<String, Breaker>,
}

fn flag(on: bool) -> String {
    (if on { "1" } else { "0" }).to_owned()
}

fn origin_name(origin: Origin) -> String {
    format!("{origin:?}").to_lowercase()
}

impl Peer {
    fn cache(&self) -> &Cache {
        self.cache.as_ref().expect("an open cache")
    }

    fn space(&self, form: &Form) -> Result<Space> {
        match form.text("space") {
            Some(name) => self.cache().space(name),
            None => Ok((**self.cache()).clone()),
        }
    }

    fn find(&self, form: &Form) -> Result<Option<Value>> {
        let mut how = Get::default();
        for (name, bit) in [
            ("allow_stale", Get::ALLOW_STALE),
            ("cached_only", Get::CACHED_ONLY),
            ("peek", Get::PEEK),
        ] {
            if form.has(name) {
                how = how | bit;
            }
        }
        if self.futures {
            return self.space(form)?.get_async(form.bytes("key"), how).wait();
        }
        self.space(form)?.get_with(form.bytes("key"), how)
    }

    fn with_put_options<T>(form: &Form, use_them: impl FnOnce(&PutOptions) -> T) -> T {
        let tags = form.all("tag");
        use_them(&PutOptions {
            ttl: form.ms("ttl_ms"),
            stale: form.ms("stale_ms"),
            durability: match form.text("durability") {
                Some("memory") => Durability::Memory,
                Some("sync") => Durability::Sync,
                Some("full") => Durability::Full,
                _ => Durability::Async,
            },
            negative: form.has("negative"),
            sliding: form.has("sliding"),
            timeout: None,
            content_type: form.text("content_type"),
            source: form.text("source"),
            tags: &tags,
            json: form.text("json"),
        })
    }

    fn answer(&mut self, form: &Form) -> Result<Option<Answer>> {
        let mut answer: Answer = Vec::new();
        match form.text("do").unwrap_or("") {
            "open" => {
                let options = OpenOptions {
                    read_only: form.has("read_only"),
                    offline: form.has("offline"),
                    memory_bytes: form.number("memory_bytes"),
                    ttl: form.ms("ttl_ms"),
                    ..Default::default()
                };
                self.cache = Some(Cache::open_with(form.text("path"), &options)?);
            }
            "close" => {
                if let Some(cache) = &self.cache {
                    cache.close(None)?;
                }
            }
            "state" => answer.push(("state", format!("{:?}", self.cache().state()).to_lowercase())),
            "path" => answer.push(("path", self.cache().path().display().to_string())),
            "get" => match self.find(form)? {
                Some(value) => answer.push(("value", hex(&value))),
                None => answer.push(("code", "NOT_FOUND".to_owned())),
            },
            "entry" => match self.find(form)? {
                Some(value) => {
                    let info = value.info();
                    answer = vec![
                        ("value", hex(&value)),
                        ("stale", flag(info.stale)),
                        ("content_type", info.content_type.unwrap_or_default()),
                        ("source", info.source.unwrap_or_default()),
                        ("json", info.json.unwrap_or_default()),
                        ("served_from", origin_name(info.served_from)),
                    ];
                    answer.extend(info.tags.into_iter().map(|tag| ("tag", tag)));
                }
                None => answer.push(("code", "NOT_FOUND".to_owned())),
            },
            "get_many" => {
                for value in self.space(form)?.get_many(&form.many("key"), Get::default())? {
                    let text = value.map_or("-".to_owned(), |value| format!("={}", hex(&value)));
                    answer.push(("item", text));
                }
            }
            "put" => {
                let (space, key, value) =
                    (self.space(form)?, form.bytes("key"), form.bytes("value"));
                Self::with_put_options(form, |options| match self.futures {
                    true => space.put_async(key, value, options).wait(),
                    false => space.put_with(key, value, options),
                })?;
            }
            "put_many" => {
                let entries: Vec<_> =
                    form.many("key").into_iter().zip(form.many("value")).collect();
                let space = self.space(form)?;
                Self::with_put_options(form, |options| space.put_many(&entries, options))?;
            }
            "delete" => self.space(form)?.delete(form.bytes("key"))?,
            "delete_all" => {
                let prefix = form.bytes("prefix");
                let count = self.space(form)?.delete_all(Matching {
                    prefix: &prefix,
                    tag: form.text("tag"),
                    everywhere: form.has("all_spaces"),
                })?;
                answer.push(("count", count.to_string()));
            }
            "touch" => self.space(form)?.touch(form.bytes("key"), form.ms("ttl_ms"))?,
            "flush" if self.futures => self.cache().flush_async(None).wait()?,
            "flush" => self.cache().flush(None)?,
            "entries" => {
                for entry in self.space(form)?.entries(form.bytes("prefix"))? {
                    answer.push(("key", hex(&entry?.key)));
                }
            }
            "stats" => answer.push(("json", self.cache().stats()?)),
            "fetch" => return self.fetch(form),
            "docs" => {
                let options = DocsOptions {
                    topic: form.text("topic"),
                    project_root: form.text("project_root"),
                    ..Default::default()
                };
                let library = form.text("library").unwrap_or("");
                let found = match self.futures {
                    true => self.cache().docs_async(library, &options).wait()?,
                    false => self.cache().docs(library, &options)?,
                };
                answer = vec![
                    ("value", hex(found.text.as_bytes())),
                    ("library", found.library.unwrap_or_default()),
                    ("version", found.version.unwrap_or_default()),
                    ("ecosystem", found.ecosystem.unwrap_or_default()),
                ];
            }
            "plan" | "warm" => {
                let root = form.text("root").unwrap_or("");
                let plan = self.cache().plan(root, &WarmOptions::default())?;
                if form.text("do") == Some("plan") {
                    return Ok(Some(vec![("json", plan.describe()?)]));
                }
                let seen = Arc::new(AtomicBool::new(false));
                let its = seen.clone();
                let result = plan.run(move |_| its.store(true, Ordering::SeqCst)).wait()?;
                answer =
                    vec![("json", result.json), ("progress", flag(seen.load(Ordering::SeqCst)))];
            }
            _ => return self.breaker(form),
        }
        Ok(Some(answer))
    }

    fn fetch(&self, form: &Form) -> Result<Option<Answer>> {
        let (headers, body) = (form.text("headers").unwrap_or(""), form.bytes("body"));
        let headers: Vec<_> = headers.lines().filter_map(|line| line.split_once(": ")).collect();
        let options = FetchOptions {
            method: form.text("method"),
            headers: &headers,
            body: form.has("body").then_some(&body),
            policy: match form.text("policy") {
                Some("reload") => Policy::Reload,
                Some("only_if_cached") => Policy::OnlyIfCached,
                _ => Policy::Default,
            },
            timeout: form.ms("timeout_ms"),
            ..Default::default()
        };
        let url = form.text("url").unwrap_or("");
        if form.has("cancel") {
            if !self.futures {
                return Ok(None);
            }
            drop(self.cache().fetch_async(url, &options));
            return Ok(Some(vec![("code", "CANCELLED".to_owned())]));
        }
        let found = match self.futures {
            true => self.cache().fetch_async(url, &options).wait()?,
            false => self.cache().fetch(url, &options)?,
        };
        Ok(Some(vec![
            ("status", found.status.to_string()),
            ("value", hex(&found.body)),
            ("served_from", origin_name(found.served_from)),
            ("stale", flag(found.stale)),
        ]))
    }

    fn breaker(&mut self, form: &Form) -> Result<Option<Answer>> {
        let name = form.text("name").unwrap_or("").to_owned();
        let mut answer: Answer = Vec::new();
        match form.text("do").unwrap_or("") {
            "breaker_open" => {
                let options = BreakerOptions {
                    failures: form.number("failures"),
                    open: form.ms("open_ms"),
                    ..Default::default()
                };
                let given = form.has("failures") || form.has("open_ms");
                let breaker = self.cache().breaker(&name, given.then_some(&options))?;
                self.breakers.insert(name, breaker);
            }
            "breaker_call" => {
                let breaker = &self.breakers[&name];
                let result = match form.text("outcome") {
                    Some("ignored") => breaker.acquire().map(drop).map_err(CallError::Rejected),
                    Some("failure") => breaker.call(|| Err("down")),
                    _ => breaker.call(|| Ok(())),
                };
                if let Err(CallError::Rejected(error)) = result {
                    return Err(error);
                }
            }
            "breaker_force" => self.breakers[&name].force(match form.text("mode") {
                Some("open") => Mode::Open,
                Some("closed") => Mode::Closed,
                _ => Mode::Auto,
            })?,
            "breaker_read" => {
                let info = self.breakers[&name].read();
                let state = match info.state {
                    BreakerState::Closed => "closed",
                    BreakerState::Open => "open",
                    BreakerState::HalfOpen => "half_open",
                };
                answer = vec![
                    ("state", state.to_owned()),
                    ("failures", info.failures.to_string()),
                    ("successes", info.successes.to_string()),
                    ("rejected", info.rejected.to_string()),
                ];
            }
            "event" => {
                let mut events = self.cache().events(&[EventKind::Breaker])?;
                self.cache().breaker(&name, None)?.force(Mode::Open)?;
                let event = events.next_within(Duration::from_secs(10))?;
                answer.push(("json", event.map_or("null".to_owned(), |event| event.json)));
            }
            _ => return Ok(None),
        }
        Ok(Some(answer))
    }
}

fn main() -> io::Result<()> {
    let futures = std::env::args().any(|argument| argument == "--async");
    let mut peer = Peer { futures, cache: None, breakers: HashMap::new() };
    for line in io::stdin().lock().lines() {
        let answer = match peer.answer(&Form::parse(&line?)) {
            Ok(Some(mut fields)) => {
                if !fields.iter().any(|(name, _)| *name == "code") {
                    fields.push(("code", "OK".to_owned()));
                }
                fields
            }
            Ok(None) => vec![("lack", "1".to_owned())],
            Err(error) => vec![
                ("code", error.code().name().to_owned()),
                ("message", error.message().to_owned()),
            ],
        };
        let fields: Vec<String> =
            answer.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        println!("{}", fields.join("&"));
        io::stdout().flush()?;
    }
    Ok(())
}
