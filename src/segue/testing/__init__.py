"""For the tests of recommenders, also of others': the contract, a planted pattern, tiny models. Needs pytest.

# conftest.py
from segue.testing.fixtures import checkerboard_template, workspace

# test_mine.py
class TestMine(RecommenderContract):
    informed_by = (SAID, PLAYED)

    def make(self, workspace):
        return Mine.fit(Library.open(workspace))
"""
