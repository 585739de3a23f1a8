//! Arguments that cannot be understood, told in the language of the run: clap would do it in English.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};

use crate::text::lang::{Lang, Text};

/// Reads the arguments. What cannot be understood is said in the language of the run.
///
/// # Errors
/// The message, and the exit code: 0 for help, which was asked for.
pub fn read(command: Command, arguments: &[OsString], lang: Lang) -> Result<ArgMatches, (String, u8)> {
    command.try_get_matches_from(arguments).map_err(|error| match error.kind() {
        // The placeholders of the usage line are the one thing that clap lets nobody translate.
        ErrorKind::DisplayHelp => {
            let help = error.render().to_string();
            (
                help.replace("[OPTIONS]", lang.pick("[옵션]", "[OPTIONS]"))
                    .replace("[COMMAND]", lang.pick("[명령]", "[COMMAND]")),
                0,
            )
        }
        _ => (format!("{}\n", complaint(&error).get(lang)), 2),
    })
}

/// What is wrong with the arguments.
fn complaint(error: &clap::Error) -> Text {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => crate::text::escape::text(text.as_bytes()),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let valid = context(ContextKind::ValidValue);
    let choices = |before: &str| if valid.is_empty() { String::new() } else { format!("{before}{valid}.") };
    let because = std::error::Error::source(error).map_or(String::new(), |source| format!(" ({source})"));
    let (ko, en) = match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_empty() => (
            format!("{arg}: 값이 없다.{}", choices(" 고를 수 있는 것: ")),
            format!("{arg}: its value is missing.{}", choices(" Choose from: ")),
        ),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => (
            format!("{arg}: '{value}'은(는) 쓸 수 없다{because}.{}", choices(" 고를 수 있는 것: ")),
            format!("{arg}: '{value}' does not fit{because}.{}", choices(" Choose from: ")),
        ),
        ErrorKind::UnknownArgument => {
            (format!("{arg}: 그런 옵션은 없다."), format!("{arg}: there is no such option."))
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            (format!("{name}: 그런 명령은 없다."), format!("{name}: there is no such command."))
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg);
            (
                format!("{arg}: {other}와(과) 함께 쓸 수 없다."),
                format!("{arg}: it cannot be used together with {other}."),
            )
        }
        ErrorKind::MissingRequiredArgument => (format!("{arg}: 빠졌다."), format!("{arg}: it is missing.")),
        ErrorKind::InvalidUtf8 => ("인수가 UTF-8이 아니다.".into(), "an argument is not UTF-8.".into()),
        _ => ("인수를 알 수 없다.".to_owned(), "the arguments cannot be understood.".to_owned()),
    };
    Text::made(format!("인수: {ko} --help 를 보라."), format!("arguments: {en} See --help."))
}
