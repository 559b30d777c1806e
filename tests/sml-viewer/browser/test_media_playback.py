"""Videos of a run play in the gallery."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.needs("chromium")

# Ten frames in two seconds, 32 × 32, as PyAV writes them with libx264 and libvpx-vp9; deflated.
_H264 = (
    "eNp9VF9oHEUYn7tEk8ZqglRMMNUJplIxd7d7uZxJcCFnjD2hQh+0iBSW2Z3Z7HL772bnLncBbUNRYyP+e9ASaIgghaJoKYgP2reg"
    "QXzoi9qKLyK0EYp/X+KDnN/sXbxrtB125vv/++ab+WYRQtgS9dCJAg+hJJIUZpZUTdULcypCXSteEFQRQq5XtSm6YXRtIdRzCSWQ"
    "/NojcaPXbnkG3XIk4ftEcFIC/pgoxTm7/osGedGt8/xvXtyaCI0yKiKgw8yNRDtC4g60YpMpjzpERnh0d+0HYR5Bz27EQsqmLt+x"
    "VB3KOj2PghwUiU9dJn0Slz3Ht4DZV/Vi0M5tjtKmbZhyZnWUsbfCXdzkE6cjYbjAn49ERDt81uWl3eQoZNEYFYEWb+qxeww2GrDm"
    "AXU2QVFf40c0OA/0Q979lD0j70QuyZMbr5LBBOqxt2ZPvr15/u/tbRm7zxC8dah3fr6DF4n4wHey9yHUG/tCHZ16OYtm27en2RQD"
    "LTtuNUlvS1ZadKCzqh37MGCbu7D7WvQxsC121Av65JeoCXSf3DjMu2Dul3uE2d+y3d3csxm0cbs+A2pUqJDN8rzHYirHSGdjQDNx"
    "EoZu5yGnnGb3HTgnAgm4n5I4OC7kMKla+WxahU/JgtxrcQat1bXggRfs9r3bb2s0zvww9/PFq1eKn74zdhlfefCXX2vZfA6nsBlw"
    "htX8BLDFNKgyTx+ZO5TK4cLRWbBRZoJhNgjrLrMEzirKeCqrZKW3LUQ4ncksLCykZSsHLvHTAZ/PSNy0LTwXfIJQOIEfTWOTGMTU"
    "VAztqql5TJnhBmZJU6eVaQUTn7j1iGlKbXxaqanj49hjWsWzcVQxgFMVHEZ1CIZV51RT0wpEwYI9p8aoHmNCiM6JP8+0bA6bNg88"
    "ostYLDhzXSfSsniyNklNASqz7GkK7IHQxcCHAHVMVbFFIqGHUckJpUcToBzqgWVFTGipLBY2h4gIrG4QlIgNgt7WRa5jsrZCwT6P"
    "c5iOR4Tch+MLxl0CTqA33Aondd0MvJAIkE04JPiXOT5AgCMn0sfixGORNokNPawD71AowtAJJaGIOcMhMhO0C4O6xvECc+ZtYUCy"
    "IGS+Ph+EYG0qQwgosTpga9kJpcXq8IfRJnBkMp+ZFaHlFBwnlyfKWWRDNDf1f6vV8lLWTG5hD94tk1WBAGFpBZdlLZqSBp9yKHFj"
    "SmpafgqYSLBQy2EnhDuCjoArhFykDPcvLxOdgKa9ny0vod4Gf+ivezYfnTx1cQ965vHVnnVn8fR3554rZ+TPrbDam1p+449M3yPf"
    "L4N8b2F1YOU3TL8ix/8k3aeovRLOLc2MvQCmPYW1wbknDl0/9qZ8sIk17G1+vL2lLYE0VFgdebiSTH57+Gyiv3Gmsf7Ru1//9M2T"
    "X2Q+kO+2sHZw463u49eujb78Yv/QSzLgjsSa8v7yK42tqbkhuQsQr194oHHp6muvb8qnn1hT94L8+9T6yMrYiX8AA6Kg4w=="
)
_VP9 = (
    "eNqTcr2/eL5TWyOj03cg/tTI4vS5kcOpqaU8NSnXqb2Ryam1kUkiuCGdkQEEmLoEfWeX7PLd3R28ukXUc2Va8JrGhRCeWMi6bCDv"
    "hu/uHiBPKORwevCaJkZpCFcmeDdQsomp5A3EHIZIBloBkKs2aV3f2Mzv5ODb0OuTWJZmZqRnCEQGRuGOqHyXzg6H+Q5gbSDn71sH"
    "dZ3p9UbG4qMdmvsPWGbJy6yd08igtHVOc2leSkcjQ1trWHxYgGVzI6Py4+YW7teHGB60bWhU2NWoAPLzjeLiBckHGtJPzHJd3O7q"
    "5+zv4hrk0o5qa3HxpuQD3ckI89NPLHRd3OESGuQY4unv59I+2cDACoSM9AxggEHeeVupw7fnjQyLNzQyMDQ0eTY7MTB+YPzGYKEi"
    "I/GNgcEggYGhbqv0v03ltkkB4TJ98a1v5I7vK/dIrp+weGojwwmGNgaHSTKgcGdWYGDwmXODYfHkRsYJYOE5DBEQYWcHoCBTBKpa"
    "sCCQAVEZtgAmOLWR+QWSSqD9bMY7QKaybMBiKmsFFlPZHKAqQxIQguwc6CpBqWfi7v7NjQzbu4Cp9GMTY8WHRmYA/P/Ldg=="
)
_VIDEOS = {"mp4": ('video/mp4; codecs="avc1.64000a"', _H264), "webm": ('video/webm; codecs="vp9"', _VP9)}
# Plays a part and then jumps to another; the times that it reached, and the length.
_PLAY = """async (video) => {
  const happened = (name) => new Promise((done) => video.addEventListener(name, done, { once: true }));
  video.preload = "auto";
  if (video.readyState < 1) await happened("loadedmetadata");
  await video.play();
  while (video.currentTime < 0.3) await new Promise((done) => setTimeout(done, 50));
  const played = video.currentTime;
  video.pause();
  const jumped = happened("seeked");
  video.currentTime = 1.6;
  await jumped;
  return [played, video.currentTime, video.duration, video.videoWidth];
}"""


@pytest.mark.parametrize("ending", _VIDEOS)
def test_a_video_plays_in_the_gallery_and_jumps(
    serve, open_page, write_run, tmp_path: Path, ending: str
) -> None:
    folder = tmp_path / "logfile"
    write_run(folder / "first", "first", seed=1)
    run = next(path for path in folder.rglob("progress.csv")).parent
    kind, content = _VIDEOS[ending]
    (run / "media").mkdir()
    (run / "media" / f"rollout.{ending}").write_bytes(zlib.decompress(base64.b64decode(content)))
    entry = {
        "key": "rollout",
        "step": 10,
        "path": f"media/rollout.{ending}",
        "type": "video",
        "caption": None,
    }
    (run / "media" / "index.jsonl").write_text(json.dumps(entry) + "\n")
    page = open_page(f"{serve(folder).url}/experiment")
    if not page.evaluate("(kind) => document.createElement('video').canPlayType(kind)", kind):
        pytest.skip(f"this Chromium has no codec for {kind}")
    statuses = []
    page.on("response", lambda answer: "/media/" in answer.url and statuses.append(answer.status))
    page.locator(".runtable tbody th.name a").first.click()
    video = page.locator("section.media video")
    expect(video).to_be_visible()
    played, jumped, length, width = video.evaluate(_PLAY)
    assert played >= 0.3
    assert jumped == pytest.approx(1.6, abs=0.05)
    assert length == pytest.approx(2.0, abs=0.25)
    assert width == 32
    assert set(statuses) <= {200, 206}
