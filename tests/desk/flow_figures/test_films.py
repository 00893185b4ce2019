"""Films of a run beside its flow: frames, moments and paces, and films that cannot be made."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from pictures import STRICT
from tolerance import close

import flownet as fn
from flownet.desk.plot import _film
from flownet.desk.plot._picture import Picture

pytestmark = STRICT


def test_film_is_written_with_its_frames_and_can_be_read(parts, tmp_path):
    from PIL import Image

    path = tmp_path / "film.gif"
    assert fn.plot.film(*parts, path, seconds=1.5, fps=10, resolution=21) == path
    with Image.open(path) as film:
        assert film.n_frames == 15
        times = []
        for k in range(15):
            film.seek(k)
            times.append(film.info["duration"])
        assert times[:-1] == [100] * 14 and times[-1] == 1600
    assert path.stat().st_size < 1e6


@pytest.mark.parametrize("pace", _film._PACES)
def test_moments_of_a_film_ascend_from_the_start_to_the_end(parts, pace):
    times = _film.moments(Picture(*parts, resolution=9), 50, pace)
    assert times[0] == 0 and times[-1] == parts[0].time[-1] and (np.diff(times) > 0).all()
    assert (np.diff(times).min() < 0.7 * np.diff(times).max()) == (pace == "path")


def test_in_a_film_all_are_at_the_same_time_and_the_run_hops(parts):
    run, flow = parts
    picture = Picture(run, flow, resolution=9)
    scene = _film._Scene(picture, np.array([0.0, 0.7, 0.75, 45.0, run.time[-1]]))
    heads = []
    for k in range(5):
        scene.at(k)
        heads.append([np.array(end.get_data()).ravel() for end in picture.ends])
    assert np.array_equal(heads[1][0], heads[2][0])
    assert not np.array_equal(heads[1][1], heads[2][1])
    close(heads[3][0], picture.points[0][75], kind="rounding")
    close(heads[3][1], picture.points[1][100], kind="reference")
    close(heads[4], [points[-1] for points in picture.points], kind="rounding")


def test_ffmpeg_is_handed_every_frame_and_the_end_for_a_while(parts, tmp_path):
    import matplotlib

    program, path = tmp_path / "ffmpeg", tmp_path / "film.mp4"
    program.write_text('#!/bin/sh\nfor last; do :; done\ncat > "$last"\n')  # keeps raw frames
    program.chmod(0o755)
    with matplotlib.rc_context({"animation.ffmpeg_path": str(program)}):
        fn.plot.film(*parts, path, seconds=1, fps=3, resolution=9)
    pixels = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 464 * 896 * 4)
    assert len(pixels) == 3 + 4
    program.write_text("#!/bin/sh\nexit 3\n")
    with (
        matplotlib.rc_context({"animation.ffmpeg_path": str(program)}),
        told_in_one_line("cannot write the film"),
    ):
        fn.plot.film(*parts, path, seconds=1, fps=3, resolution=9)
    assert not np.array_equal(pixels[0], pixels[1]) and np.array_equal(pixels[2], pixels[6])


@pytest.mark.parametrize(
    "options, words",
    [
        ({"path": "a.avi"}, "its ending 'avi' is none of gif, mp4"),
        ({"path": "a"}, "its ending '' is none of gif, mp4"),
        ({"path": 3}, "3 is no path"),
        ({"path": "nowhere/a.gif"}, "no folder nowhere"),
        ({"path": "a.mp4"}, "ffmpeg.*gif works"),
        ({"seconds": 0}, "seconds is 0"),
        ({"fps": "many"}, "fps is 'many'"),
        ({"fps": 30}, "cannot show 30 frames"),
        ({"seconds": 1000}, "20000 frames"),
        ({"seconds": 0.05}, "1 frames"),
        ({"pace": "slow"}, "pace is 'slow'"),
    ],
)
def test_films_that_cannot_be_made_are_told_before_the_work(
    parts, monkeypatch, tmp_path, options, words
):
    import matplotlib.animation

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_film, "Picture", None)
    monkeypatch.setattr(matplotlib.animation.FFMpegWriter, "isAvailable", lambda: False)
    with told_in_one_line(words):
        fn.plot.film(*parts, **{"path": "a.gif", **options})
    assert not list(tmp_path.iterdir())
