//! What Sidelight shows of itself: metrics (9464), health (13133) and logs.
