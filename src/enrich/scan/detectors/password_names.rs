//! What passwords are called.

/// Ends of key names, in lower case, behind which a value is a secret.
pub const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "kennwort",
    "pwd",
    "passphrase",
    "contraseña",
    "contrasena",
    "mot de passe",
    "wachtwoord",
    "hasło",
    "haslo",
    "senha",
    "密码",
    "パスワード",
    "비밀번호",
    "пароль",
    "парола",
    "mdp",
    "palavra-passe",
    "palavra passe",
    "mật khẩu",
    "kata sandi",
    "kata laluan",
    "lozinka",
    "slaptažodis",
    "salasõna",
    "πρόσβασης",
    "المرور",
    "رمز عبور",
    "סיסמה",
    "รหัสผ่าน",
    "पासवर्ड",
];

/// Names that count only where no letter stands before: `pass` is not in `compass`.
pub const SHORT_NAMES: &[&str] = &[
    "pass",
    "pw",
    "psw",
    "clave",
    "parola",
    "şifre",
    "Şifre",
    "sifre",
    "geslo",
    "parool",
    "parol",
    "heslo",
    "jelszó",
    "salasana",
    "lösenord",
    "adgangskode",
    "kodeord",
    "passord",
    "암호",
    "密碼",
    "口令",
    "暗証番号",
];

/// Whether `name` ends with `word`, in any case of ASCII.
pub fn ends_with(name: &[u8], word: &str) -> bool {
    name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}
