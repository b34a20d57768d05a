"""What keeps a write off because another effect of ours stands for its document."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.reasons import WriteReason
from common.domain.stored_words import AttemptState
from common.effects.attempts import Attempt, AttemptStore
from common.effects.effect import Effect, EffectResult, Parked
from common.effects.numbered import Elsewhere
from common.effects.searches import ReconcileSchedule, Search, in_the_way
from common.effects.searching import Searching
from common.effects.witness import Witness
from common.later import Later
from common.settings import EffectSettings

ELSEWHERE = WriteReason.SAME_DOCUMENT_ELSEWHERE.value
THE_OTHERS_TURN = 2  # trust times in which an attempt is left to its own effect


class Asides:
    """Waits for the other effect's attempt, and looks for what it made when nobody else seems to.

    Its connection may be disabled or released, its document left to a hand: whoever waits for it has the
    same books before him, and the same searches mean the same.
    """

    def __init__(
        self,
        attempts: AttemptStore,
        settings: EffectSettings,
        schedule: ReconcileSchedule,
        witness: Witness,
        searching: Searching,
    ) -> None:
        self._attempts, self._settings, self._schedule = attempts, settings, schedule
        self._witness, self._searching = witness, searching

    async def stand(self, effect: Effect, other: Elsewhere) -> EffectResult | None:
        """Wait while the other effect may still bring the document; once it is there a person says.

        None when its attempt is settled by now: the state has to be read again.
        """
        if other.state != AttemptState.OPEN:
            return Parked(ELSEWHERE, {"vouchers": [] if other.external_id is None else [other.external_id]})
        state = await self._attempts.read(other.key, other.tenant_id)
        attempt = state.unresolved
        if attempt is None or state.now is None or attempt.state != AttemptState.OPEN:
            return None
        if state.now - attempt.armed_at < THE_OTHERS_TURN * self._settings.trust_time:
            return Later(timedelta(seconds=self._settings.first_look), ELSEWHERE)
        search = await self._searching.search(effect, attempt, state.now, ELSEWHERE)
        return await self._conclude(other, attempt, search) if isinstance(search, Search) else search

    async def _conclude(self, other: Elsewhere, attempt: Attempt, search: Search) -> EffectResult | None:
        searches = (*attempt.searches, search)
        is_sure = search.complete and self._schedule.trusted(attempt.armed_at, search)
        others = in_the_way(search)
        if others is not None and (search.elsewhere or is_sure):
            await self._attempts.park(other.tenant_id, attempt.attempt_id, searches, None, _tell_nobody)
            reason, params = others
            return Parked(reason.value, params)
        doubted = self._witness.doubts
        if self._schedule.is_absent(attempt.armed_at, searches, clocks_doubted=doubted):
            await self._attempts.close(attempt.attempt_id, AttemptState.ABSENT, searches)
            return None
        await self._attempts.record_search(attempt.attempt_id, searches)
        return self._searching.after(attempt, searches, ELSEWHERE)


async def _tell_nobody(session: AsyncSession) -> None:
    """Tell nobody: the other effect's document learns it by its own next search."""
