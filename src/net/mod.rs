//! Listeners, TLS, auth, and bodies that cannot grow past a bound. Knows bytes and connections only.
