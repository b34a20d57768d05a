"""What keeps a write off because another effect of ours stands for its document."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.reasons import Reason
from common.effects.attempts import ABSENT, OPEN, Attempt, Attempts
from common.effects.effect import Effect, EffectResult, Parked, Pending
from common.effects.looks import Look, LookRules, in_the_way
from common.effects.numbered import Elsewhere
from common.effects.searching import Searching
from common.effects.witness import Witness
from common.settings import EffectSettings

ELSEWHERE = Reason.SAME_DOCUMENT_ELSEWHERE.value
THE_OTHERS_TURN = 2  # trust times in which an attempt is left to its own effect


class Asides:
    """Waits for the other effect's attempt, and looks for what it made when nobody else seems to.

    Its connection may be disabled or released, its document left to a hand: whoever waits for it has the
    same books before him, and the same searches mean the same.
    """

    def __init__(
        self,
        attempts: Attempts,
        settings: EffectSettings,
        rules: LookRules,
        witness: Witness,
        searching: Searching,
    ) -> None:
        self._attempts, self._settings, self._rules = attempts, settings, rules
        self._witness, self._searching = witness, searching

    async def stand(self, effect: Effect, other: Elsewhere) -> EffectResult | None:
        """Wait while the other effect may still bring the document; once it is there a person says.

        None when its attempt is settled by now: the state has to be read again.
        """
        if other.state != OPEN:
            return Parked(ELSEWHERE, {"vouchers": [] if other.external_id is None else [other.external_id]})
        state = await self._attempts.read(other.key, other.tenant_id)
        attempt = state.unresolved
        if attempt is None or state.now is None or attempt.state != OPEN:
            return None
        if state.now - attempt.armed_at < THE_OTHERS_TURN * self._settings.trust_time:
            return Pending(timedelta(seconds=self._settings.first_look), ELSEWHERE)
        look = await self._searching.look(effect, attempt, state.now, ELSEWHERE)
        return await self._conclude(attempt, look) if isinstance(look, Look) else look

    async def _conclude(self, attempt: Attempt, look: Look) -> EffectResult | None:
        looks = (*attempt.looks, look)
        is_sure = look.complete and self._rules.trusted(attempt.armed_at, look)
        others = in_the_way(look)
        if others is not None and (look.elsewhere or is_sure):
            await self._attempts.park(attempt.attempt_id, looks, None, _tell_nobody)
            reason, params = others
            return Parked(reason.value, params)
        if self._rules.proves_absence(attempt.armed_at, looks) and not self._witness.doubts:
            await self._attempts.close(attempt.attempt_id, ABSENT, looks)
            return None
        await self._attempts.note(attempt.attempt_id, looks)
        return self._searching.after(attempt, looks, ELSEWHERE)


async def _tell_nobody(session: AsyncSession) -> None:
    """The other effect's document learns it by its own next search."""
