"""What has been sent stays readable: earlier issues, their web versions, their pictures."""
