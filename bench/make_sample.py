"""Make the sample library in ``sample/`` from the texts in ``bench/sample_source/text/``.

The files it writes are part of the repository, so nobody needs to run this to use them. It wants,
beside what MMSearch installs itself:

    pip install "reportlab>=5.1,<6" "matplotlib>=3.11,<4"
    apt-get install flite fonts-sil-charis fonts-sil-gentiumplus fonts-lato fonts-courier-prime

Dates come from the texts and chance from fixed seeds: the same sources and the same versions of
the tools give the same bytes. Run it as ``python bench/make_sample.py``; it takes about a minute.
"""

import logging
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sample_source import (
    catalogue,
    office,
    papers,
    pictures,
    recordings,
    scan,
    scenes,
    slides,
    speech,
)
from sample_source.speech import RATE, Cue
from sample_source.style import LIBRARY, SAMPLE, TEXT, set_plot_style

log = logging.getLogger("make_sample")

PAPERS = {
    "fresnel.txt": "fresnel-lens.pdf",
    "sound.txt": "sound-channel.pdf",
    "clocks.txt": "clocks-and-longitude.pdf",
}
AS_THEY_ARE = {
    "guide.md": "longitude-with-a-stick.md",
    "article.html": "counting-the-seconds.html",
    "sound_speeds.csv": "sound-speeds.csv",
    "records.bib": "records.bib",
    "tide_prediction.txt": "tide_prediction.py",
}


def main() -> None:
    """Write every file of the sample library, then its catalogue."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    shutil.rmtree(SAMPLE, ignore_errors=True)
    LIBRARY.mkdir(parents=True)
    set_plot_style()
    make_documents()
    make_pictures()
    cues = make_recordings()
    catalogue.write_catalogue(cues)
    total = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    log.info("sample/ holds %.2f MB.", total / 1e6)


def make_documents() -> None:
    """Papers, the scanned letter, office files, and the texts that travel as they are."""
    quotes = catalogue.quotes()
    for source, name in PAPERS.items():
        papers.set_paper(source, LIBRARY / name, quotes=quotes)
    scan.make_scan(LIBRARY / "fog-horn-report-1931.pdf")
    slides.make_slides(LIBRARY / "tides.pptx")
    office.make_handbook(LIBRARY / "reading-a-light.docx")
    office.make_tide_tables(LIBRARY / "tide-tables.xlsx")
    for source, name in AS_THEY_ARE.items():
        shutil.copyfile(TEXT / source, LIBRARY / name)
    log.info("Documents are written.")


def make_pictures() -> None:
    """The diagram, the chart and the scene."""
    pictures.make_diagram(LIBRARY / "lens-diagram.png")
    pictures.make_chart(LIBRARY / "sound-absorption-chart.png")
    pictures.make_scene(LIBRARY / "lighthouse-at-dusk.jpg")
    log.info("Pictures are drawn.")


def make_recordings() -> dict[str, list[Cue]]:
    """The talk and the film with their subtitles; their cues by file name."""
    talk, talk_cues = speech.narrate("talk.txt", "rms", stretch=1.0)
    recordings.write_mp3(LIBRARY / "sound-in-the-sea.mp3", talk, tags={
        "title": "Sound in the Sea", "artist": "Cadence Bellweather", "date": "2025",
        "album": "Alderwick Talks"})  # fmt: skip
    recordings.write_srt(LIBRARY / "sound-in-the-sea.srt", talk_cues)
    film, film_cues = speech.narrate("video.txt", "slt", stretch=1.1)
    recordings.write_mp4(
        LIBRARY / "how-far-a-light-is-seen.mp4",
        scenes.frames(film_cues, len(film) / RATE),
        film,
        tags={
            "title": "How Far a Light Is Seen",
            "artist": "Tobias Lampwright",
            "date": "2025-05-27",
            "comment": "Six scenes about the range of a lighthouse.",
        },
    )
    recordings.write_vtt(LIBRARY / "how-far-a-light-is-seen.vtt", film_cues)
    log.info("Recordings are made.")
    return {"sound-in-the-sea.mp3": talk_cues, "how-far-a-light-is-seen.mp4": film_cues}


if __name__ == "__main__":
    main()
