"""What the table of IHT on activations says."""

import numpy as np
import pandas as pd

from iht.write_iht_activations import summary


def test_what_more_steps_remove_of_table_4s_error():
    first = pd.Series([1.0, 0.8], pd.MultiIndex.from_tuples([(0, 0), (0, 1)]))

    def by_step(*samples):
        return pd.DataFrame(dict(zip(first.index, samples, strict=True)), index=[1, 2, 3])

    found = summary(by_step([1.0, 0.7, 0.5], [0.8, 0.6, 0.2]), first, [1, 2, 5])
    assert np.isclose(found["removed (%)"], 100 * (0.5 + 0.75) / 2)
    assert np.allclose([found["error, 1 step"], found["error, 2 steps"]], [0.9, 0.65])
    assert np.isnan(found["error, 5 steps"])  # which was not taken
    assert found["diverged (%)"] == 0 and found["diverged at step"] == ""
    found = summary(by_step([1.0, 0.7, 0.5], [0.8, 1.6, np.inf]), first, [1, 2, 3])
    assert np.isnan(found["removed (%)"]) and np.isnan(found["error, 3 steps"])
    assert found["diverged (%)"] == 50 and found["diverged at step"] == "3"
