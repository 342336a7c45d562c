"""The commands `newsletter` and `subscribers`: parse, call one stage, print."""
