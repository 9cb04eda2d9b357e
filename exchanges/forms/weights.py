"""How much each feature counts when partners are ranked."""

from django import forms

from exchanges import weight_words
from exchanges.matching.partners.weights import FEATURES
from exchanges.models import RankingWeights
from exchanges.models.weights import MOST, SETTINGS


class WeightsForm(forms.Form):
    """A number for each feature and each setting; `points` is what the action takes."""

    def __init__(self, *args, weights: RankingWeights, **kwargs):
        super().__init__(*args, initial=weights.points(), **kwargs)
        defaults = RankingWeights.default().points()
        for name in (*FEATURES, *SETTINGS):
            least, most = MOST[name]
            self.fields[name] = forms.IntegerField(
                label=weight_words.label(name),
                min_value=least,
                max_value=most,
                help_text=f"{weight_words.explained(name)} {weight_words.default_is(defaults[name])}",
            )

    @property
    def feature_fields(self):
        return [self[name] for name in FEATURES]

    @property
    def setting_fields(self):
        return [self[name] for name in SETTINGS]

    @property
    def points(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in (*FEATURES, *SETTINGS)}
