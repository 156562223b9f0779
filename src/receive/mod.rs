//! In: gRPC and HTTP; `intake` is the one way from a received body to the queue.
