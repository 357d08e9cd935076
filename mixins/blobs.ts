import { mkdir, open, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { isId } from "../lib/ids.ts";

/**
 * Contents too large for documents, each of one tenant, written and read part by part: any process may take any part.
 * All parts but the last have the same size. Writing a part again is the same as writing it once.
 */
export interface Blobs {
	write(tenantId: string, id: string, part: number, bytes: Buffer): Promise<void>;
	/** empty where there is no such part */
	read(tenantId: string, id: string, part: number): Promise<Buffer>;
	/** nothing happens where there is none */
	remove(tenantId: string, id: string): Promise<void>;
	/** removes everything of a tenant that lies outside of the store's documents */
	removeAll(tenantId: string): Promise<void>;
	/** how many of a tenant lie outside of the store's documents */
	count(tenantId: string): Promise<number>;
}

const isMissing = (error: unknown) => (error as { code?: string }).code === "ENOENT";

/** Contents as files, one each, in a folder for each tenant. Processes on several machines need a shared folder. */
export class FolderBlobs implements Blobs {
	private readonly folder: string;
	private readonly partBytes: number;

	constructor(folder: string, partBytes: number) {
		this.folder = folder;
		this.partBytes = partBytes;
	}

	private tenantFolder(tenantId: string): string {
		if (!isId(tenantId)) throw new Error("a content of no tenant was refused");
		return path.join(this.folder, tenantId);
	}

	/** The names come from our own ids alone: nothing that a client sends is ever part of a path. */
	private file(tenantId: string, id: string): string {
		if (!isId(id)) throw new Error("a content without an id was refused");
		return path.join(this.tenantFolder(tenantId), id);
	}

	async write(tenantId: string, id: string, part: number, bytes: Buffer): Promise<void> {
		const name = this.file(tenantId, id);
		if (part === 0) await mkdir(path.dirname(name), { recursive: true, mode: 0o700 });
		const file = await open(name, part === 0 ? "w" : "r+", 0o600);
		try {
			await file.write(bytes, 0, bytes.length, part * this.partBytes);
			await file.datasync();
		} finally {
			await file.close();
		}
	}

	async read(tenantId: string, id: string, part: number): Promise<Buffer> {
		const file = await open(this.file(tenantId, id), "r").catch((error: unknown) => {
			if (isMissing(error)) return null;
			throw error;
		});
		if (!file) return Buffer.alloc(0);
		try {
			const bytes = Buffer.alloc(this.partBytes);
			const { bytesRead } = await file.read(bytes, 0, this.partBytes, part * this.partBytes);
			return bytes.subarray(0, bytesRead);
		} finally {
			await file.close();
		}
	}

	async remove(tenantId: string, id: string): Promise<void> {
		await rm(this.file(tenantId, id), { force: true });
	}

	async removeAll(tenantId: string): Promise<void> {
		await rm(this.tenantFolder(tenantId), { recursive: true, force: true });
	}

	async count(tenantId: string): Promise<number> {
		const names = await readdir(this.tenantFolder(tenantId)).catch((error: unknown) => {
			if (isMissing(error)) return [];
			throw error;
		});
		return names.length;
	}
}
