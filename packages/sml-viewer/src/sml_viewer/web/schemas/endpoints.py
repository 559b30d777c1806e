"""The request and answer types of each address."""

from __future__ import annotations

from dataclasses import dataclass

from sml_viewer.run_views.recorded import schemas as recorded
from sml_viewer.run_views.schemas import Comparison, RunSeries, Sparklines

from . import charts, hyperparameters, plots, preview, runs, scores, session


@dataclass(frozen=True)
class Endpoint:
    """One method of one address.

    `answer` is None for a file. `body` is what a POST takes. `binary` answers are a JSON header and arrays.
    `tagged` answers have an ETag, which JSON answers also hold as "etag".
    """

    answer: type | None
    body: type | None = None
    binary: bool = False
    tagged: bool = False


def _tagged(answer: type) -> Endpoint:
    return Endpoint(answer, tagged=True)


_RUN = "GET /api/v1/runs/<run_id>"
# By method and address, as Flask writes its rules.
ENDPOINTS: dict[str, Endpoint] = {
    "GET /api/v1/session": Endpoint(session.SessionAnswer),
    "GET /api/v1/folders": Endpoint(session.FoldersAnswer),
    "POST /api/v1/language": Endpoint(session.LanguageChosen, session.LanguageChosen),
    "GET /api/v1/runs": _tagged(runs.RunList),
    "GET /api/v1/searched": Endpoint(runs.SearchedAnswer),
    "GET /api/v1/search": _tagged(runs.SearchAnswer),
    "POST /api/v1/sparklines": Endpoint(runs.SmallCurvesAnswer, runs.SmallCurvesRequest),
    "GET /api/v1/error-factors": _tagged(runs.ErrorFactors),
    "GET /api/v1/events": _tagged(runs.EventsAnswer),
    "GET /api/v1/complete": Endpoint(runs.Completion),
    _RUN: _tagged(runs.RunAnswer),
    f"{_RUN}/metrics": _tagged(Sparklines),
    f"{_RUN}/series": _tagged(RunSeries),
    f"{_RUN}/log": Endpoint(runs.LogPart),
    f"{_RUN}/log/search": Endpoint(recorded.LogMatches),
    f"{_RUN}/media": _tagged(recorded.MediaAnswer),
    f"{_RUN}/media/<int:number>": Endpoint(None),
    f"{_RUN}/media/<int:number>/content": Endpoint(recorded.MediaContent),
    f"{_RUN}/system": _tagged(recorded.SystemAnswer),
    f"{_RUN}/checkpoints": Endpoint(recorded.CheckpointsAnswer),
    f"{_RUN}/alerts": _tagged(recorded.AlertsAnswer),
    f"{_RUN}/files": Endpoint(runs.RunFiles),
    f"{_RUN}/preview": Endpoint(runs.Preview),
    f"{_RUN}/image": Endpoint(None),
    f"{_RUN}/download": Endpoint(None),
    f"{_RUN}/zip": Endpoint(None),
    "POST /api/v1/zip": Endpoint(session.ZipReady, session.RunsToZip),
    "GET /api/v1/zip/<ticket>": Endpoint(None),
    "GET /api/v1/compare": _tagged(Comparison),
    "GET /api/v1/compare/code": Endpoint(runs.CodeComparison),
    "GET /api/v1/coverage": _tagged(runs.CoverageAnswer),
    "GET /api/v1/annotations": _tagged(session.AnnotationsInUse),
    "POST /api/v1/annotations": Endpoint(session.AnnotationsChanged, session.AnnotationChanges),
    "POST /api/v1/counts": Endpoint(preview.CountsAnswer, preview.CountsRequest, tagged=True),
    "POST /api/v1/values": Endpoint(preview.ValuesAnswer, preview.ValuesRequest),
    "POST /api/v1/charts": Endpoint(charts.ChartsAnswer, charts.ChartsRequest, tagged=True),
    "POST /api/v1/charts/panels": Endpoint(charts.PanelsAnswer, charts.PanelsRequest, binary=True),
    "POST /api/v1/share": Endpoint(charts.ShareAnswer, charts.ShareRequest),
    "POST /api/v1/hyperparameters": Endpoint(
        hyperparameters.HyperparametersAnswer, hyperparameters.HyperparametersRequest, tagged=True
    ),
    "POST /api/v1/curves": Endpoint(plots.CurvesAnswer, plots.CurvesRequest, binary=True),
    "POST /api/v1/seeds": Endpoint(plots.SeedsAnswer, plots.SeedsRequest, binary=True),
    "POST /api/v1/bars": Endpoint(scores.BarsAnswer, plots.PlotRequestBody, tagged=True),
    "POST /api/v1/aggregate": Endpoint(scores.AggregateAnswer, plots.PlotRequestBody, tagged=True),
    "POST /api/v1/table": Endpoint(scores.TableAnswer, scores.TableRequest, tagged=True),
    "POST /api/v1/figure": Endpoint(scores.FigureAnswer, scores.FigureRequest),
    "GET /api/v1/figures": Endpoint(scores.SavedFigures),
    "GET /api/v1/figures/file": Endpoint(None),
    "POST /api/v1/command": Endpoint(scores.CommandAnswer, scores.CommandRequest),
    "GET /api/v1/options": _tagged(scores.OptionsAnswer),
    "GET /api/v1/configs": Endpoint(session.ConfigNames),
    "GET /api/v1/configs/<name>": Endpoint(session.ConfigShown),
    "POST /api/v1/configs/<name>": Endpoint(session.ConfigSaved, session.ConfigToSave),
    "POST /api/v1/configs/<name>/opened": Endpoint(session.ConfigOpened, session.Nothing),
    "POST /api/v1/configs": Endpoint(session.ConfigDone, session.ConfigAction),
    "GET /api/v1/drawn": Endpoint(session.BackgroundFigures),
    "GET /api/v1/drawn/file": Endpoint(None),
}
