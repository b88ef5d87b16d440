"""DynamoDB: one table of stories, upload requests and profiles."""
