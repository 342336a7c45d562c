"""Who may be mailed, and why?

Addresses, consent, suppression and the log of who touched them. This package decides and
leaves a row or a value; it knows no SMTP, no HTTP and no templates, and never imports
`newsletter`. A session, a clock and the keys are always passed in.
"""
