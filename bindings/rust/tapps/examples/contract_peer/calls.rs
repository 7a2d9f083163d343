//! Fetches and breakers.

use std::time::Duration;

use tapps::*;

use crate::form::{hex, Form};
use crate::{flag, origin_name, Answer, Peer};

impl Peer {
    pub fn fetch(&self, form: &Form) -> Result<Option<Answer>> {
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
            retries: form.number("retries"),
            first_byte: form.ms("first_byte_ms"),
            deny_private: form.has("deny_private"),
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

    pub fn breaker(&mut self, form: &Form) -> Result<Option<Answer>> {
        let name = form.text("name").unwrap_or("").to_owned();
        let mut answer: Answer = Vec::new();
        match form.text("do").unwrap_or("") {
            "breaker_open" => {
                let options = breaker_options(form);
                let given = form.len() > 2; // more than the verb and the name
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
            _ => return self.permit(form),
        }
        Ok(Some(answer))
    }

    /// What a program does that calls by itself, and fetches of many URLs.
    fn permit(&mut self, form: &Form) -> Result<Option<Answer>> {
        let name = form.text("name").unwrap_or("").to_owned();
        let mut answer: Answer = Vec::new();
        match form.text("do").unwrap_or("") {
            "breaker_acquire" => {
                let breaker = &self.breakers[&name];
                let permit = match form.ms("wait_ms") {
                    None => breaker.acquire(),
                    Some(wait) if self.futures => breaker.wait_async(wait).wait(),
                    Some(wait) => breaker.wait(wait),
                };
                self.permits.entry(name).or_default().push(permit?);
            }
            "breaker_report" => {
                let held = self.permits.get_mut(&name).expect("a permit");
                held.remove(0).report(match form.text("outcome") {
                    Some("success") => Outcome::Success,
                    Some("failure") => Outcome::Failure,
                    Some("local_failure") => Outcome::LocalFailure,
                    _ => Outcome::Ignored,
                });
            }
            "breaker_retry" => {
                let attempt = form.number("attempt").unwrap_or(0) as u32;
                let status = form.number("status").map(|status| status as u16);
                let delay = self.breakers[&name].retry(attempt, status, None)?;
                answer.push(("delay_ms", delay.as_millis().to_string()));
            }
            "breaker_limit" => {
                let calls = form.number("calls").unwrap_or(0);
                let within = form.ms("within_ms").unwrap_or_default();
                self.breakers[&name].limit(calls, within)?;
            }
            "fetch_many" => {
                let parallel = form.number("parallel").unwrap_or(0) as usize;
                let options = FetchOptions::default();
                for one in self.cache().fetch_many(&form.all("url"), &options, parallel)? {
                    let body = one.wait().map(|found| hex(&found.body));
                    answer.push(("item", body.map_or("-".to_owned(), |body| format!("={body}"))));
                }
            }
            "set_offline" => self.cache().set_offline(form.number("offline") == Some(1))?,
            _ => return Ok(None),
        }
        Ok(Some(answer))
    }
}

fn breaker_options(form: &Form) -> BreakerOptions {
    BreakerOptions {
        failures: form.number("failures"),
        open: form.ms("open_ms"),
        max_concurrency: form.number("max_concurrency"),
        max_waiting: form.number("max_waiting"),
        failure_rate: form.number("failure_rate"),
        slow_rate: form.number("slow_rate"),
        slow: form.ms("slow_ms"),
        window_calls: form.number("window_calls"),
        min_calls: form.number("min_calls"),
        retries: form.number("retries"),
        retry: form.ms("retry_ms"),
        max_retry: form.ms("max_retry_ms"),
        ..Default::default()
    }
}
