"""Sound as bytes, text as sound and sound as text: what is split, cut, joined and timed. No step is yielded here."""
