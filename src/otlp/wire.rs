//! The protobuf wire format, read and written in place.
