"""What a person may ask for: all that is held on them, and to be erased.

Here the parts of both packages are put together, so that a command and a page do the same.
"""

from newsletter.delivery import people

#: Who tells what is held outside `subscribers`, and who makes it anonymous.
TELL = (people.deliveries, people.service_mails)
ANONYMISE = (people.anonymise, people.forget_service_mails)
