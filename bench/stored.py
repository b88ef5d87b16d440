"""How many bytes a page puts into S3, beside the bytes of its photo."""

from bench.client import Client
from bench.pages import page_photo
from bench.report import Figure
from bench.stack import running_stack


def measure(*, quick: bool) -> list[Figure]:
    """One page of about 370 kB; a second one says nothing new."""
    del quick
    photo = page_photo(1)
    with running_stack() as stack, Client(stack) as client:
        client.wait_until_at_rest(client.upload(photo))
        bucket = stack.environment["MEDIA_BUCKET"]
        found = stack.clients.s3.list_objects_v2(Bucket=bucket)["Contents"]
    sizes = {each["Key"].rpartition("/")[2]: each["Size"] for each in found}
    return [
        Figure(
            "bytes put into S3 for a page / its photo",
            sum(sizes.values()) / len(photo),
            2.4,
            "at most",
            "x",
            {f"{name} (kB)": round(size / 1000, 1) for name, size in sorted(sizes.items())},
        )
    ]
