"""The two wires, as codecs that never touch a socket."""
