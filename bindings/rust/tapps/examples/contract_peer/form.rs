//! Lines of names and values, in the encoding of HTML forms.

use std::time::Duration;

pub struct Form(Vec<(String, String)>);

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

pub fn escape(text: &str) -> String {
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

pub fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

impl Form {
    pub fn parse(line: &str) -> Form {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (unescape(name), unescape(value))
        };
        Form(line.trim().split('&').map(pair).collect())
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name).unwrap_or(""))
    }
    pub fn many(&self, name: &str) -> Vec<Vec<u8>> {
        self.all(name).into_iter().map(unhex).collect()
    }
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name).map(|text| text.parse().unwrap())
    }
    pub fn ms(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }
}
