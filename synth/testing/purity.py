"""Checks that a component draws from nothing but its streams and looks at nothing but its arguments."""

from synth.testing.contract import Broken, Contract, rule
from synth.testing.watching import Watch, What, watch


class PurityChecks(Contract):
    """What a component does while it works; a contract says in ``exercise`` how it works."""

    def exercise(self) -> None:
        """Makes the component and calls all its methods, in this thread."""
        raise NotImplementedError

    @rule
    def test_global_random_state_is_untouched(self) -> None:
        """The global generators of random and np.random stay untouched."""
        self._refuse_deed("global random state")

    @rule
    def test_no_entropy_of_the_machine(self) -> None:
        """Nothing is drawn from the machine: no os.urandom, secrets, uuid4, no generator without a seed."""
        self._refuse_deed("entropy")

    @rule
    def test_no_clock(self) -> None:
        """Nothing asks what time it is."""
        self._refuse_deed("clock")

    @rule
    def test_no_file_network_or_process(self) -> None:
        """No file, no network and no other process is touched."""
        self._refuse_deed("world")

    def _refuse_deed(self, what: What) -> None:
        watched: Watch = self.bench.keep("watched", self._watched)
        deed = next((deed for deed in watched.deeds if deed.what == what), None)
        if deed:
            raise Broken(deed.told, deed.where)

    def _watched(self) -> Watch:
        with watch(self.bench.files) as watched:
            self.exercise()
        return watched
