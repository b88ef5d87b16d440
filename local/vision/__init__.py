"""How the local Rekognition sees: the image that it takes in, and the words that it lets out."""
