"""The only code that knows AWS: one adapter per service, in the pipeline's own words."""
