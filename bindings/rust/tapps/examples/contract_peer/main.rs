//! The peer of the contract cases: see tests/contract/README.md. `--async` uses the futures.

mod calls;
mod conditions;
mod form;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use tapps::*;

use form::{escape, hex, Form};

type Answer = Vec<(&'static str, String)>;

struct Peer {
    futures: bool,
    cache: Option<Cache>,
    breakers: HashMap<String, Breaker>,
    permits: HashMap<String, Vec<Permit>>,
}

fn matching<'a>(form: &'a Form, prefix: &'a [u8]) -> Matching<'a> {
    Matching { prefix, tag: form.text("tag"), everywhere: form.has("all_spaces") }
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
            ("show_negative", Get::SHOW_NEGATIVE),
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
                let (no_proxy, secret_names) =
                    (form.text("no_proxy").unwrap_or(""), form.all("secret_name"));
                let no_proxy: Vec<_> = no_proxy.split(',').filter(|t| !t.is_empty()).collect();
                let options = OpenOptions {
                    policy: match form.text("policy") {
                        Some("lru") => MemoryPolicy::Lru,
                        _ => MemoryPolicy::Adaptive,
                    },
                    preload_bytes: form.number("preload_bytes"),
                    disk_entries: form.number("disk_entries"),
                    no_proxy: &no_proxy,
                    secret_names: &secret_names,
                    deny_private: form.has("deny_private"),
                    shared_http: form.has("shared_http"),
                    keep_set_cookie: form.has("keep_set_cookie"),
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
                        ("version", info.version.to_string()),
                        ("stale", flag(info.stale)),
                        ("negative", flag(info.negative)),
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
                let (space, prefix) = (self.space(form)?, form.bytes("prefix"));
                let count = match self.futures {
                    true => space.delete_all_async(matching(form, &prefix)).wait()?,
                    false => space.delete_all(matching(form, &prefix))?,
                };
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
            _ => return self.condition(form),
        }
        Ok(Some(answer))
    }
}

fn main() -> io::Result<()> {
    let futures = std::env::args().any(|argument| argument == "--async");
    let mut peer = Peer { futures, cache: None, breakers: HashMap::new(), permits: HashMap::new() };
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
