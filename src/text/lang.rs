//! The two languages in which everything is printed.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::escape;

/// The language of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// The language of a POSIX locale name such as `ko_KR.UTF-8`; English unless it is Korean.
    pub fn of_locale(locale: &str) -> Lang {
        match locale.split(['_', '.', '@']).next() {
            Some("ko" | "kor" | "korean") => Lang::Ko,
            Some(_) | None => Lang::En,
        }
    }

    /// The one of two short words that is in this language.
    pub const fn pick(self, ko: &'static str, en: &'static str) -> &'static str {
        match self {
            Lang::Ko => ko,
            Lang::En => en,
        }
    }

    /// A sentence with something of the moment in it, of which only the one in this language is made.
    /// For what is said of every segment; what is said now and then is a [`Text`].
    pub fn say(self, ko: fmt::Arguments<'_>, en: fmt::Arguments<'_>) -> String {
        fmt::format(match self {
            Lang::Ko => ko,
            Lang::En => en,
        })
    }
}

/// A sentence in both languages. There is no way to make one with a language missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Korean.
    #[serde(deserialize_with = "escape::stored")]
    pub ko: Cow<'static, str>,
    /// English.
    #[serde(deserialize_with = "escape::stored")]
    pub en: Cow<'static, str>,
}

impl Text {
    /// A sentence that is known at compile time.
    pub const fn fixed(ko: &'static str, en: &'static str) -> Text {
        Text { ko: Cow::Borrowed(ko), en: Cow::Borrowed(en) }
    }

    /// A sentence with something of the moment in it.
    pub fn made(ko: String, en: String) -> Text {
        Text { ko: Cow::Owned(ko), en: Cow::Owned(en) }
    }

    /// The sentence in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn a_locale_is_korean_by_its_language_alone() {
        for locale in ["ko", "ko_KR", "ko_KR.UTF-8", "ko.UTF-8", "ko_KP@x"] {
            assert_eq!(Lang::of_locale(locale), Lang::Ko, "{locale}");
        }
        for locale in ["", "C", "C.UTF-8", "en_US.UTF-8", "kok_IN", "POSIX"] {
            assert_eq!(Lang::of_locale(locale), Lang::En, "{locale}");
        }
    }
}
