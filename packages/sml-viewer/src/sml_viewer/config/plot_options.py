"""Schema of the plot options: one table for forms, validation, the command line and the documents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sml_viewer.errors import OptionError
from sml_viewer.i18n import Message, joined, untranslated_message

from .option import Option, convert

# Sizes for figures that go into a paper unchanged; the older tool's sizes have to be set.
_AUTOMATIC: Mapping[str, Any] = {
    "SUBFIGURE_WIDTH": 3.4,
    "SUBFIGURE_HEIGHT": 2.5,
    "FONTSIZE_LABEL": 10.0,
    "FONTSIZE_TITLE": 10.0,
    "FONTSIZE_XTICK": 9.0,
    "FONTSIZE_YTICK": 9.0,
    "FONTSIZE_LEGEND": 9.0,
    "FONTSIZE_SUPTITLE": 11.0,
    "LINE_WIDTH": 1.5,
    "MARKER_SIZE": 6.0,
    "NEED_SUP_TITLE": False,
    "USE_LEGEND_FRAME": False,
    "SHOW_SEED_NUM": True,
    "PNG_DPI": 200,
    "SMOOTH_GHOST": True,
    "PLOT_MODE": "AUTO",
}
# Options whose value depends on the data while they are unset: forms show no value for them then.
_ADAPTS = frozenset(
    (
        "BAR_NORMALIZE_VALUE",
        "LEGEND_COLUMN",
        "MAX_COLUMN",
        "SMOOTH_RADIUS",
        "SUPTITLE_Y",
        "TABLE_ALG_SORT_BY_ROW",
        "TABLE_BOLD_MAX",
        "TABLE_SCORE",
        "TABLE_VALID_BITS",
    )
)


def _row(name: str, kind: str, default: Any, scope: str, label: str, label_zh: str, *bounds: float) -> Option:
    kind, _, choices = kind.partition(":")
    optional = kind.endswith("?") or kind in ("path", "ignored")
    low, high = (*bounds, math.inf)[:2] if bounds else (-math.inf, math.inf)
    names = tuple(choices.split(",")) if choices else ()
    automatic = _AUTOMATIC.get(name)
    return Option(
        name,
        kind.rstrip("?"),
        default,
        scope,
        label,
        label_zh,
        optional,
        names,
        low,
        high,
        automatic,
        name in _ADAPTS,
    )


_UNSENT = "accepted and ignored: figures are files, which scp, rsync and sml-sync send"
_UNSENT_ZH = "（已无用：图像是文件，可用 scp、rsync、sml-sync 发送）"
# fmt: off
_TABLE = (
    _row("PLOT_LOG_PATH", "path", None, "F", "data folder", "绘图数据加载路径"),
    _row("PLOT_FIGURE_SAVING_PATH", "path", None, "F", "folder for figures without -o (none: the current folder)", "图像保存路径（空：当前文件夹）"),
    _row("PLOT_MODE", "choice:AUTO,CURVE,BAR", 'CURVE', "F", "curves or bars; AUTO: bars where each run has one value of the metric", "曲线图或柱状图；AUTO：每个实验只有一个指标值时画柱状图"),
    _row("PLOTTING_XY", "pairs", [], "F", "metrics, as pairs of x column and y column (none: return over steps)", "指标，即横纵坐标列（空：回报随步数）"),
    _row("FIGURE_SEPARATION", "names", ['env_name'], "F", "parameters whose values make the sub-figures (none: automatic)", "划分子图的参数（空：自动选择）"),
    _row("DATA_MERGER", "names", [], "F", "parameters to group by: runs with equal values are averaged as seeds (none: automatic)", "分组参数：取值相同的实验作为种子取平均（空：自动选择）"),
    _row("DATA_IGNORE", "rules", [], "F", "rules that exclude runs", "排除规则"),
    _row("DATA_SELECT", "rules", [], "F", "rules that include runs", "保留规则"),
    _row("DATA_IGNORE_PROPERTY", "properties", [], "F", "which values of the exclude rules are wildcards", "排除规则的通配标记"),
    _row("DATA_SELECT_PROPERTY", "properties", [], "F", "which values of the include rules are wildcards", "保留规则的通配标记"),
    _row("DATA_IGNORE_GARBAGE", "rules", [], "F", "recycle bin of exclude rules", "排除规则回收站"),
    _row("DATA_SELECT_GARBAGE", "rules", [], "F", "recycle bin of include rules", "保留规则回收站"),
    _row("DATA_IGNORE_PROPERTY_GARBAGE", "properties", [], "F", "wildcard marks of the deleted exclude rules", "排除规则回收站的通配标记"),
    _row("DATA_SELECT_PROPERTY_GARBAGE", "properties", [], "F", "wildcard marks of the deleted include rules", "保留规则回收站的通配标记"),
    _row("USE_IGNORE_RULE", "bool", True, "F", "exclude the runs that match the exclude rules (off: include only those that match the include rules)", "使用排除规则（否：使用保留规则）"),
    _row("EQUAL_PARAMETERS", "choice:by data,one", 'by data', "F", "runs with equal parameters: one run only if their data are equal or go on (by data), or always (one)", "参数完全相同的实验：仅当数据相同或相接时视为同一次（by data），或总视为同一次（one）"),
    _row("SHORT_NAME_FROM_CONFIG", "mapping", {}, "F", "other names for algorithms", "算法重命名"),
    _row("SHORT_NAME_FROM_CONFIG_PROPERTY", "property_map", {}, "F", "which names of algorithms are wildcards", "算法重命名的通配标记"),
    _row("DATA_KEY_RENAME_CONFIG", "mapping", {}, "F", "metric aliases: the new name is used only if a run lacks it", "指标别名（仅在实验没有新名称时生效）"),
    _row("DATA_PARAMETER_RENAME_CONFIG", "mapping", {}, "F", "parameter aliases: the new name is used only if a run lacks it", "参数别名（仅在实验没有新名称时生效）"),
    _row("PLOTTING_ORDER", "names", [], "F", "order of curves and their colours", "曲线（及颜色）的顺序"),
    _row("LEGEND_ORDER", "names", [], "F", "order of the legend", "图例的顺序"),
    _row("CURVE_COLORS", "colours", {}, "F", "colours of curves and bars by name, #rrggbb (others: colours by their order)", "按名称指定曲线和柱的颜色，#rrggbb（其余：按顺序取色）"),
    _row("MAX_COLUMN", "int", 3, "F", "sub-figures per row (unset: more where they would be higher than a page)", "每行子图数（未设置时：超过一页高则增多）", 1, 20),
    _row("SUBFIGURE_WIDTH", "float", 6.4, "F", "width of a sub-figure in inches", "子图宽度（英寸）", 0.5, 50),
    _row("SUBFIGURE_HEIGHT", "float", 4.48, "F", "height of a sub-figure in inches", "子图高度（英寸）", 0.5, 50),
    _row("SUBPLOT_WSPACE", "float", 0.2, "P", "gap between columns of sub-figures", "子图水平间距", 0, 5),
    _row("SUBPLOT_HSPACE", "float", 0.4, "P", "gap between rows of sub-figures", "子图垂直间距", 0, 5),
    _row("LEGEND_COLUMN", "int", 4, "P", "columns of the legend", "图例列数", 1, 50),
    _row("LEGEND_POSITION_X", "float", 0.0, "P", "legend anchor along x, axes units of the bottom left sub-figure", "图例横向位置", -20, 20),
    _row("LEGEND_POSITION_Y", "float", -0.18, "P", "legend anchor along y, axes units of the bottom left sub-figure", "图例纵向位置", -20, 20),
    _row("LEGEND_WHICH_POSITION", "choice:upper left,upper center,upper right,center left,center,center right,lower left,lower center,lower right", 'upper left', "P", "corner of the legend that is anchored", "图例的锚点"),
    _row("USE_LEGEND_FRAME", "bool", True, "P", "frame around the legend", "图例边框"),
    _row("SHOW_SEED_NUM", "bool", False, "P", "number of seeds in the legend", "图例中显示种子数"),
    _row("SORT_BY_PERFORMANCE_ORDER", "bool", False, "P", "legend by mean normalised performance", "图例按归一化表现排序"),
    _row("MAX_ALGORITHMS", "int", 10, "P", "most algorithms in a figure, the best ones, where there are more than a dozen (0: all)", "图中最多绘制的算法数，取表现最好者，仅当算法多于十二个时（0：全部）", 0, 10000),
    _row("MIN_RELATIVE_PERFORMANCE", "float", 0.0, "P", "leave out algorithms below this normalised performance on any sub-figure", "去除归一化表现低于此值的算法", 0, 1),
    _row("USE_SMOOTH", "bool", True, "PTS", "smooth each run before its group is averaged", "平滑曲线"),
    _row("SMOOTH_RADIUS", "int", 5, "PTS", "smoothing window, points on each side, at most a quarter of a run's points (unset: at most a fortieth)", "平滑窗口（每侧的点数），至多为该曲线点数的四分之一（未设置时：四十分之一）", 0, 100000),
    _row("SMOOTH_WINDOW", "float?", None, "PTS", "smoothing window as a share of the x range, the same for every metric (none: points on each side)", "平滑窗口占横轴范围的比例，各指标相同（空：按每侧的点数）", 0, 1),
    _row("SMOOTH_KIND", "choice:mean,ema", 'mean', "PTS", "kind of average over a share of the x range: moving average, or exponential moving average with half the window as its time constant", "按横轴比例平滑时的平均方式：滑动平均，或指数滑动平均（时间常数为窗口的一半）"),
    _row("SMOOTH_GHOST", "bool", False, "PTS", "thin line of the unsmoothed values behind each smoothed curve", "在平滑曲线后以细线显示平滑前的值"),
    _row("PLOT_FOR_EVERY", "int", 1, "PTS", "draw one point in k", "每 k 个点绘制一个", 1, 1000000),
    _row("XMAX", "float?", None, "PTS", "right end of x; also picks the row that tables report", "横轴最大值（表格亦取此处）"),
    _row("XMIN", "float?", None, "PTS", "left end of x", "横轴最小值"),
    _row("YMAX", "float?", None, "PTS", "upper end of y", "纵轴最大值"),
    _row("YMIN", "float?", None, "PTS", "lower end of y", "纵轴最小值"),
    _row("REQUIRE_RESAMPLE", "bool?", None, "PTS", "interpolate seeds on a common grid (none: only if their x differ)", "插值对齐（空：仅当横轴不同）"),
    _row("MINIMUM_DATA_POINT_NUM", "int?", None, "F", "skip runs with fewer points", "跳过数据点过少的实验", 1),
    _row("FONTSIZE_LABEL", "float", 22.0, "PTS", "size of axis labels", "坐标轴标签字号", 1, 200),
    _row("FONTSIZE_TITLE", "float", 22.0, "PTS", "size of titles", "标题字号", 1, 200),
    _row("FONTSIZE_XTICK", "float", 22.0, "PTS", "size of x ticks", "横轴刻度字号", 1, 200),
    _row("FONTSIZE_LEGEND", "float", 22.0, "P", "size of the legend", "图例字号", 1, 200),
    _row("FONTSIZE_YTICK", "float", 22.0, "P", "size of y ticks", "纵轴刻度字号", 1, 200),
    _row("FONTSIZE_SUPTITLE", "float", 22.0, "P", "size of the figure title", "总标题字号", 1, 200),
    _row("LINE_WIDTH", "float", 2.0, "PTS", "width of lines", "线宽", 0.1, 50),
    _row("MARKER_SIZE", "float", 8.0, "PTS", "size of markers, drawn on curves of fewer than 20 points", "标记大小（少于 20 点的曲线）", 0, 100),
    _row("SHADING_ALPHA", "float", 0.2, "PTS", "opacity of bands", "阴影透明度", 0, 1),
    _row("X_AXIS_SCI_FORM", "bool", True, "PTS", "scientific x ticks", "横轴科学计数法"),
    _row("Y_AXIS_SCI_FORM", "bool", False, "P", "scientific y ticks", "纵轴科学计数法"),
    _row("FIXED_Y_LABEL", "text?", None, "P", "y label instead of the column's name", "固定纵轴标签"),
    _row("TITLE_NAME_IDX", "int?", None, "F", "which separator value is the title, -1 the last one (none, or where two would be alike: all, joined)", "标题使用第几个划分参数，-1 为最后一个（空或会重名时：全部）"),
    _row("TITLE_SUFFIX", "text?", None, "PTS", "text after each title", "标题后缀"),
    _row("NEED_SUP_TITLE", "bool", True, "P", "a title over the figure", "显示总标题"),
    _row("SUPTITLE_Y", "float", 0.6, "P", "distance of the figure title in inches", "总标题距离（英寸）", -20, 20),
    _row("RECORD_DATE_TIME", "bool", True, "P", "date in the figure title", "总标题中显示日期"),
    _row("REPORT_PCA_EVAL", "bool", False, "P", "share of the last values' variance that lies between algorithms, in the titles", "标题中显示算法间方差占比"),
    _row("VIEW_NOTE", "text?", None, "F", "note in markdown about this configuration, shown above the charts", "对本配置的备注（markdown），显示在曲线上方"),
    _row("VIEW_STATE", "mapping", {}, "F", "what the tabs of the page show, as saved with this view: query, grouping, sort, switched-off runs, pinned metrics, axes", "随视图保存的页面状态：查询、分组、排序、关闭的实验、置顶指标、坐标轴"),
    _row("FINAL_OUTPUT_NAME", "text", 'total_curve', "F", "name of the figure's file", "输出文件名"),
    _row("OUTPUT_FILE_PREFIX", "text?", None, "P", "text before the file's name", "输出文件名前缀"),
    _row("PNG_DPI", "int", 150, "P", "resolution of PNG", "PNG 分辨率", 10, 2400),
    _row("BAR_INTERVAL", "float", 0.18, "P", "gap between groups of bars", "柱组间距", 0, 5),
    _row("BAR_NORMALIZE_VALUE", "bool", True, "P", "normalise bars per sub-figure (unset: where there are several of both)", "柱状图归一化（未设置时：多个子图且多个算法）"),
    _row("BAR_NORMALIZE_MINIMUM_VALUE", "float", -1.0, "P", "lowest normalised value drawn", "归一化后的最小值"),
    _row("BAR_MARK_MAXIMUM", "bool", False, "PTS", "star on the best by value", "标记最优值"),
    _row("BAR_MARK_MAXIMUM_WITH_STAT", "bool", False, "PTS", "star on the best and on those without a significant difference to it", "标记最优值及与其无显著差异者"),
    _row("BAR_MAXIMUM_EXCLUDE", "text?", None, "P", "algorithms, comma separated, that cannot be the best", "不参与最优值比较的算法"),
    _row("BAR_HOLLOW_ALG_NAME", "text?", None, "F", "algorithm drawn hollow", "空心绘制的算法"),
    _row("BAR_SORT_X", "bool", False, "P", "sort groups by their best bar", "对柱组排序"),
    _row("BAR_TICK_NAME_IDX", "int?", None, "F", "which separator value is the tick, -1 the last one", "柱状图刻度使用第几个划分参数，-1 为最后一个"),
    _row("SHOW_BAR_SEED_NUM", "bool", True, "PTS", "number of seeds at the bars", "柱上显示种子数"),
    _row("TABLE_VALID_BITS", "int", 2, "PTS", "decimals (unset: two significant digits of the error, at least 2)", "小数位数（未设置时：误差的两位有效数字，至少 2 位）", 0, 12),
    _row("TABLE_BOLD_MAX", "bool", True, "P", "best value: highest (off: lowest; unset: auto, lowest for losses, errors, costs and times, by name)", "最优值：最大（否：最小；未设置时：自动，名称为损失、误差、代价和时间的指标取最小）"),
    _row("TABLE_SHOW_AVERAGE", "bool", False, "PTS", "report the mean over the whole run", "报告整个训练过程的均值"),
    _row("TABLE_ALG_SORT_BY_ROW", "bool", False, "P", "algorithms as rows (unset: where they are many)", "算法作为行（未设置时：算法较多时）"),
    _row("CURVE_CENTER", "choice:mean,median,iqm", 'mean', "PTS", "what is drawn of a group: mean, median or interquartile mean", "组内统计量"),
    _row("CURVE_ERROR", "choice:se,sd,t,bootstrap,minmax,none", 'se', "PTS", "band: standard error, standard deviation, 95 % t interval, 95 % bootstrap, extremes", "误差带"),
    _row("TABLE_SCORE", "choice:last,last_k,best,at_x,average", 'last', "PTS", "score per run, in tables and bars (unset: last value; of monitors' episodes the mean of the last 100)", "每个实验的得分，用于表格与柱状图（未设置时：最终值；monitor 的回合取最后 100 个的均值）"),
    _row("TABLE_LAST_K", "int", 10, "PTS", "rows that the mean of the last k takes", "“最后 k 个的均值”所用的行数", 1, 1000000),
    _row("TABLE_ERROR", "choice:se,sd,t,none", 'se', "PTS", "uncertainty (±) in tables", "表格中的不确定度（±）"),
    _row("TABLE_TEST", "choice:welch,mannwhitney,permutation,none", 'welch', "PTS", "significance test against the best (Holm)", "与最优值的显著性检验（Holm 校正）"),
    _row("TABLE_NORMALIZE", "ranges", {}, "F", "per sub-figure [score of 0, score of 1]; an average over sub-figures needs all of them", "各子图的归一化范围"),
    _row("FIGURE_PRESET", "choice:none,paper-1col,paper-2col,slides", 'none', "F", "sizes for paper or slides", "尺寸预设"),
    _row("FIGURE_LANGUAGE", "choice?:en,zh", None, "F", "language of the words in figures and captions (unset: the page's; in commands English)", "图中文字和说明的语言（未设置：与页面相同；命令行为英文）"),
    _row("AUTO_PLOTTING", "bool", False, "F", "redraw automatically", "自动重绘"),
    _row("AUTO_PLOTTING_INTERVAL", "float", 600.0, "F", "seconds between redraws", "自动重绘间隔（秒）", 1),
    _row("MAX_AUTO_PLOTTING_NUM", "int", 3, "F", "at most so many configurations are redrawn automatically", "自动重绘的最多配置数", 1, 1000),
    _row("AUTO_PLOTTING_TURN_ON_TIME", "text?", None, "F", "when automatic redrawing was switched on", "自动重绘开启时间"),
    _row("PLOTTING_AUTO_REFRESH_PAGE", "bool", False, "F", "show a new figure automatically", "页面自动刷新图像"),
    _row("FOCUS_IMAGE_CONFIG_GROUP", "text", 'default', "F", "what the form edits", "表单编辑的范围"),
    _row("FOCUS_IMAGE_CONFIG_SAME_CONTENT_GROUP", "text?", None, "F", "the pair that the form edits", "表单编辑的坐标对"),
    _row("FOCUS_IMAGE_CONFIG_SUB_IMAGE_TITLE", "text?", None, "F", "the sub-figure that the form edits", "表单编辑的子图"),
    _row("FIGURE_TO_SYNC", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("FIGURE_SERVER_MACHINE_IP", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("FIGURE_SERVER_MACHINE_PORT", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("FIGURE_SERVER_MACHINE_USER", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("FIGURE_SERVER_MACHINE_PASSWD", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("FIGURE_SERVER_MACHINE_TARGET_PATH", "ignored", None, "F", _UNSENT, _UNSENT_ZH),
    _row("PROCESS_NUM", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
    _row("PROCESS_NUM_LOAD_DATA", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
    _row("THREAD_NUM", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
    _row("PARAMETER_ADJUST_USE_CACHE", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
    _row("PLOTTING_USE_CACHE", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
    _row("AUTO_PLOTTING_CACHE_UPDATE", "ignored", None, "F", "accepted and ignored: the store makes it needless", "（已无用）"),
)
# fmt: on

OPTIONS: Mapping[str, Option] = {option.name: option for option in _TABLE}
# The entry of a configuration with its overrides.
OVERRIDES = "ADDITIONAL_PLOT_CONFIGS"


def check(values: Mapping[str, Any], scope: str = "F") -> dict[str, Any]:
    """The values in their options' types.

    Raises OptionError with all faults: unknown names, types, ranges, scopes.
    """
    checked: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in values.items():
        option = OPTIONS.get(name)
        if option is None:
            faults.append(_unknown_option(name))
        elif scope not in option.scope and scope != "F":
            faults.append(
                Message("{name}: applies to the whole configuration only", name=name)
                if option.scope == "F"
                else Message("{name}: cannot be set for {scope}", name=name, scope=Message(_SCOPES[scope]))
            )
        else:
            try:
                checked[name] = convert(option, value)
            except ValueError as error:
                faults.append(Message("{name}: {fault}", name=name, fault=untranslated_message(error)))
    if faults:
        raise OptionError(joined(faults, "; "))
    return checked


def _unknown_option(name: str) -> Message:
    import difflib  # late: only mistakes need it

    near = difflib.get_close_matches(name.upper(), OPTIONS, 1)
    if near:
        return Message("{name}: unknown option; did you mean {near}?", name=name[:200], near=near[0])
    return Message("{name}: unknown option", name=name[:200])


_SCOPES = {"P": "one pair of columns", "T": "one title", "S": "one sub-figure"}
