"""The only code that calls AWS: adapters for the ports of stories, profiles and delivery."""
