import { NO_TENANT, type SharedMemory, type SharedScript, sharedKey } from "../../../lib/shared-memory.ts";
import { type Decision, decisionOf, type Limit, type Limiter } from "./limiter.ts";

/**
 * The token buckets of `token-bucket.ts` as Redis keeps them: takes a token of every bucket, or of none where one is
 * empty. Gateways' clocks differ a little, so a bucket never goes back in time. Levels are answered as texts, because
 * Lua's numbers lose their fractions on the way out.
 */
const TAKE: SharedScript = {
	name: "conductorTakeTokens",
	source: `
		local now, levels, allowed = tonumber(ARGV[1]), {}, 1
		for i, key in ipairs(KEYS) do
			local quota, window = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
			local kept = redis.call('HMGET', key, 'level', 'at')
			local level = quota
			if kept[1] then
				level = math.min(quota, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) / 1000 * quota / window)
			end
			levels[i] = level
			if level < 1 then allowed = 0 end
		end
		if allowed == 1 then
			for i, key in ipairs(KEYS) do
				local at = tonumber(redis.call('HGET', key, 'at') or now)
				redis.call('HSET', key, 'level', levels[i] - 1, 'at', math.max(now, at))
				redis.call('PEXPIRE', key, tonumber(ARGV[2 * i + 1]) * 1000)
			end
		end
		local answer = {allowed}
		for i, level in ipairs(levels) do answer[i + 1] = string.format('%.17g', level) end
		return answer`,
};

/** Buckets that all gateways share. While the shared memory is away each gateway counts by itself. */
export class SharedLimiter implements Limiter {
	private readonly memory: SharedMemory;
	private readonly alone: Limiter;

	constructor(memory: SharedMemory, alone: Limiter) {
		this.memory = memory;
		this.alone = alone;
	}

	async take(limits: readonly Limit[], now: number): Promise<Decision> {
		const keys = limits.map(({ tenantId, key }) => sharedKey(tenantId ?? NO_TENANT, "limit", key));
		const values = limits.flatMap(({ quota, windowSec }) => [quota, windowSec]);
		const answer = (await this.memory.run(TAKE, keys, [now, ...values])) as [number, ...string[]] | null;
		if (answer === null) return this.alone.take(limits, now);
		const [, ...levels] = answer;
		return decisionOf(limits, levels.map(Number));
	}
}
