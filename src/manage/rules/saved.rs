//! Rules that were changed at run time: files in `data_dir/rules`, laid over the configuration.

use crate::enrich;
use crate::enrich::cost::Prices;
use crate::settings::{Problem, read_text};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tracing::warn;

/// What can be changed at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Pii,
    Injection,
    Prices,
    Sample,
}

/// The saved rules. They stand above everything that the configuration says.
#[derive(Clone, Debug)]
pub struct Saved {
    directory: PathBuf,
}

/// One set of rules as it was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Rises with each change.
    pub version: u64,
    pub text: String,
}

impl Name {
    pub const ALL: [Name; 4] = [Name::Pii, Name::Injection, Name::Prices, Name::Sample];

    pub fn text(self) -> &'static str {
        match self {
            Name::Pii => "pii",
            Name::Injection => "injection",
            Name::Prices => "prices",
            Name::Sample => "sample",
        }
    }

    /// Lays `text`, which problems call `file`, over `config`. Everything that is wrong with it is given.
    ///
    /// Prices are only looked at: they count once they lie in a file.
    pub fn lay(self, file: &str, text: &str, config: &mut enrich::Config) -> Vec<Problem> {
        match self {
            Name::Pii => read_text(file, text, |section| config.pii.read(section)),
            Name::Injection => read_text(file, text, |section| config.injection.read(section)),
            Name::Sample => read_text(file, text, |section| config.sample.read(section)),
            Name::Prices => Prices::read(file, text).err().unwrap_or_default(),
        }
    }
}

impl Saved {
    pub fn new(data_dir: &Path) -> Saved {
        Saved { directory: data_dir.join("rules") }
    }

    /// `configured` with all that was saved laid over it. A file that is wrong is left out, and said so.
    pub fn over(&self, configured: &enrich::Config) -> enrich::Config {
        let mut config = configured.clone();
        for name in Name::ALL {
            let Ok(Some(Rules { text, .. })) = self.get(name) else { continue };
            let mut with = config.clone();
            let path = self.path(name, "yaml");
            let file = path.display().to_string();
            let problems = name.lay(&file, &text, &mut with);
            match problems.first() {
                None if name == Name::Prices => config.cost.prices.push(file),
                None => config = with,
                Some(problem) => warn!(%problem, "saved rules are wrong and left out"),
            }
        }
        config
    }

    /// What was saved, if anything was.
    pub fn get(&self, name: Name) -> io::Result<Option<Rules>> {
        let text = read(&self.path(name, "yaml"))?;
        let version = self.version(name)?;
        Ok(text.map(|text| Rules { version, text }))
    }

    /// Saves `text` in place of what was there; its version.
    pub fn put(&self, name: Name, text: &str) -> io::Result<u64> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let version = 1 + self.version(name)?;
        self.write(name, "version", &version.to_string())?;
        self.write(name, "yaml", text)?;
        Ok(version)
    }

    /// Of the last change, rolled back or not.
    fn version(&self, name: Name) -> io::Result<u64> {
        let text = read(&self.path(name, "version"))?;
        Ok(text.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
    }

    /// Whole or not at all.
    fn write(&self, name: Name, kind: &str, text: &str) -> io::Result<()> {
        let fresh = self.path(name, "new");
        // A file that a crash left behind is written over.
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, self.path(name, kind))
    }

    /// Goes back to what the configuration says; whether anything was saved. It is kept aside.
    pub fn remove(&self, name: Name) -> io::Result<bool> {
        match fs::rename(self.path(name, "yaml"), self.path(name, "yaml.old")) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn path(&self, name: Name, kind: &str) -> PathBuf {
        self.directory.join(format!("{}.{kind}", name.text()))
    }
}

/// `None`: there is no such file.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_rules_stand_above_the_configuration_until_they_are_rolled_back() {
        let folder = tempfile::tempdir().unwrap();
        let saved = Saved::new(folder.path());
        let configured = enrich::Config::default();
        assert_eq!(saved.put(Name::Injection, "threshold: 0.9").unwrap(), 1);
        assert_eq!(saved.put(Name::Injection, "threshold: 0.8").unwrap(), 2);
        assert_eq!(saved.over(&configured).injection.threshold, 0.8);
        assert!(saved.over(&configured).injection.enabled, "what is not said stays as it is");
        assert!(saved.remove(Name::Injection).unwrap() && !saved.remove(Name::Injection).unwrap());
        assert_eq!(saved.over(&configured).injection.threshold, 0.5);
        assert_eq!(saved.put(Name::Injection, "threshold: 0.7").unwrap(), 3, "versions go on");
    }

    #[test]
    fn a_saved_file_that_is_wrong_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let saved = Saved::new(folder.path());
        saved.put(Name::Pii, "action: shred").unwrap();
        saved.put(Name::Sample, "percent: 50").unwrap();
        let config = saved.over(&enrich::Config::default());
        assert_eq!((config.pii.action, config.sample.percent.0), (Default::default(), 50));
    }
}
