// Tests run through Node's own type stripping, so that what they run is what production runs.
import { stripTypeScriptTypes } from "node:module";

export default {
	process(source) {
		return { code: stripTypeScriptTypes(source, { mode: "strip" }) };
	},
};
