"""What is spoken of a text: languages, voices, spoken forms, SSML, MP3. Pure."""
