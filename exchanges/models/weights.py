"""How much each feature counts when partners are ranked here, where the platform's admins changed the defaults."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchanges.matching.partners.weights import DEFAULT_WEIGHTS, FEATURES, Weights

SETTINGS = ("min_starts", "min_weeks", "plenty_starts", "cefr_slack")
# The least and most of each; in a week there are 336 half-hour starts.
MOST = dict.fromkeys(FEATURES, (0, 100)) | {
    "min_starts": (1, 20),
    "min_weeks": (1, 52),
    "plenty_starts": (1, 336),
    "cefr_slack": (0, 6),
}


class RankingWeights(models.Model):
    """The platform's one row of settings; without it the documented defaults hold.

    Features are in points: what counts is a feature's points among those of all.
    """

    only = models.BooleanField(default=True, editable=False)
    topic = models.PositiveSmallIntegerField(_("Field and topic"))
    hours = models.PositiveSmallIntegerField(_("Shared live hours"))
    weeks = models.PositiveSmallIntegerField(_("Weeks in common"))
    language = models.PositiveSmallIntegerField(_("Language"))
    size = models.PositiveSmallIntegerField(_("Numbers"))
    level = models.PositiveSmallIntegerField(_("Level"))
    format = models.PositiveSmallIntegerField(_("Format"))
    min_starts = models.PositiveSmallIntegerField(_("Fewest shared starts in every week"))
    min_weeks = models.PositiveSmallIntegerField(_("Fewest weeks in common"))
    plenty_starts = models.PositiveSmallIntegerField(_("Shared starts that are plenty"))
    cefr_slack = models.PositiveSmallIntegerField(_("Steps between the two language levels"))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="ranking_weights_only_row"),
            models.UniqueConstraint(fields=["only"], name="ranking_weights_only_once"),
            models.CheckConstraint(
                condition=Q(topic__gt=0)
                | Q(hours__gt=0)
                | Q(weeks__gt=0)
                | Q(language__gt=0)
                | Q(size__gt=0)
                | Q(level__gt=0)
                | Q(format__gt=0),
                name="ranking_weights_something_counts",
            ),
        ]

    def __str__(self) -> str:
        return str(_("How partners are ranked"))

    def points(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in (*FEATURES, *SETTINGS)}

    def weights(self) -> Weights:
        """As the engine takes them."""
        return Weights(**self.points())

    @classmethod
    def default(cls) -> "RankingWeights":
        """The documented defaults, as an unsaved row."""
        features = {name: round(100 * getattr(DEFAULT_WEIGHTS, name)) for name in FEATURES}
        return cls(**features, **{name: getattr(DEFAULT_WEIGHTS, name) for name in SETTINGS})

    @classmethod
    def current(cls) -> "RankingWeights":
        """What holds now: the platform's row, or the defaults (with no key)."""
        return cls.objects.first() or cls.default()
