BEGIN TRANSACTION;
CREATE TABLE artifacts (
	artifact_id VARCHAR(32) NOT NULL, 
	kind VARCHAR NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	scene_id VARCHAR(32), 
	run_id VARCHAR, 
	path VARCHAR NOT NULL, 
	bytes BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	settings VARCHAR, 
	created_at DATETIME_TEXT NOT NULL, 
	PRIMARY KEY (artifact_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id), 
	FOREIGN KEY(scene_id) REFERENCES scenes (scene_id), 
	FOREIGN KEY(run_id) REFERENCES runs (run_id)
);
INSERT INTO "artifacts" VALUES('a5f104b9fcb1082c0fcd4448d8ae24e0','thumb','a5f104b9fcb1082c0fcd4448d8ae24e0',NULL,'run-1','thumbs/a5f104b9fcb1082c0fcd4448d8ae24e0.webp',10,'0000000000000000000000000000000000000000000000000000000000000000',NULL,'2026-11-30 16:02:07.256545');
INSERT INTO "artifacts" VALUES('dc131c093df42b57a4b4a03210245723','clip','a5f104b9fcb1082c0fcd4448d8ae24e0','302499c038b9a96e1a9116281176ca47','run-1','previews/302499c038b9a96e1a9116281176ca47.clip.mp4',20,'2222222222222222222222222222222222222222222222222222222222222222','{}','2026-11-30 16:02:07.262312');
CREATE TABLE catalog_info (
	version INTEGER NOT NULL, 
	created_at DATETIME_TEXT NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "catalog_info" VALUES(6,'2026-11-30 16:02:07.088079');
CREATE TABLE context_collections (
	path VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	bytes BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	problem VARCHAR, 
	PRIMARY KEY (path)
);
INSERT INTO "context_collections" VALUES('/photos/my.lrcat','lightroom',1000,7,NULL);
CREATE TABLE context_facts (
	photo_id VARCHAR(32) NOT NULL, 
	source VARCHAR NOT NULL, 
	origin VARCHAR NOT NULL, 
	facts VARCHAR NOT NULL, 
	PRIMARY KEY (photo_id, source, origin), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
)
 WITHOUT ROWID

;
INSERT INTO "context_facts" VALUES('a5f104b9fcb1082c0fcd4448d8ae24e0','lightroom','/photos/my.lrcat','{"rating": 4, "label": "Red", "title": "A title", "keywords": ["Places/Norway", "sea"], "people": ["Ada"], "albums": ["Italy"]}');
CREATE TABLE context_files (
	photo_id VARCHAR(32) NOT NULL, 
	path VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	bytes BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	PRIMARY KEY (photo_id, path), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
);
INSERT INTO "context_files" VALUES('a5f104b9fcb1082c0fcd4448d8ae24e0','/photos/done.xmp','xmp',300,7);
CREATE TABLE failures (
	failure_id INTEGER NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	run_id VARCHAR, 
	stage VARCHAR NOT NULL, 
	model_fingerprint VARCHAR, 
	attempt INTEGER NOT NULL, 
	is_final BOOLEAN NOT NULL, 
	reason VARCHAR NOT NULL, 
	message VARCHAR NOT NULL, 
	host VARCHAR NOT NULL, 
	created_at DATETIME_TEXT NOT NULL, 
	PRIMARY KEY (failure_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id), 
	FOREIGN KEY(run_id) REFERENCES runs (run_id)
);
INSERT INTO "failures" VALUES(1,'6f3e26b7b4e4a9c4b8a34b2e316b58be','run-1','decode',NULL,1,1,'truncated','cut off','host','2026-11-30 16:02:07.266587');
CREATE TABLE photo_flags (
	flag VARCHAR NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	value FLOAT, 
	PRIMARY KEY (flag, photo_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
)
 WITHOUT ROWID

;
INSERT INTO "photo_flags" VALUES('dark','a5f104b9fcb1082c0fcd4448d8ae24e0',NULL);
CREATE TABLE photo_paths (
	path VARCHAR NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	bytes BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	skip_reason VARCHAR, 
	missing_at DATETIME_TEXT, 
	PRIMARY KEY (path), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
);
INSERT INTO "photo_paths" VALUES('/photos/done.jpg','a5f104b9fcb1082c0fcd4448d8ae24e0',1000,7,NULL,NULL);
INSERT INTO "photo_paths" VALUES('/photos/failed.jpg','6f3e26b7b4e4a9c4b8a34b2e316b58be',1000,7,NULL,NULL);
INSERT INTO "photo_paths" VALUES('/photos/due.jpg','051550d41d8c7715304d235088b2cc8b',1000,7,NULL,NULL);
INSERT INTO "photo_paths" VALUES('/photos/wide.jpg','c2f239aa2c62442ec956de587efe2144',1000,7,NULL,NULL);
INSERT INTO "photo_paths" VALUES('/photos/.copy.jpg','a5f104b9fcb1082c0fcd4448d8ae24e0',1000,7,'hidden',NULL);
CREATE TABLE photo_tags (
	tag_id INTEGER NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (tag_id, photo_id), 
	FOREIGN KEY(tag_id) REFERENCES tags (tag_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
)
 WITHOUT ROWID

;
INSERT INTO "photo_tags" VALUES(1,'a5f104b9fcb1082c0fcd4448d8ae24e0');
INSERT INTO "photo_tags" VALUES(2,'a5f104b9fcb1082c0fcd4448d8ae24e0');
INSERT INTO "photo_tags" VALUES(3,'a5f104b9fcb1082c0fcd4448d8ae24e0');
INSERT INTO "photo_tags" VALUES(4,'a5f104b9fcb1082c0fcd4448d8ae24e0');
INSERT INTO "photo_tags" VALUES(5,'a5f104b9fcb1082c0fcd4448d8ae24e0');
CREATE TABLE photo_texts (
	text_id INTEGER NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	text VARCHAR NOT NULL, 
	PRIMARY KEY (text_id), 
	UNIQUE (photo_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
);
INSERT INTO "photo_texts" VALUES(1,'051550d41d8c7715304d235088b2cc8b','/photos/due.jpg');
INSERT INTO "photo_texts" VALUES(2,'6f3e26b7b4e4a9c4b8a34b2e316b58be','/photos/failed.jpg
fujifilm x-e2
2019-07-14 14 july juli 2019');
INSERT INTO "photo_texts" VALUES(3,'a5f104b9fcb1082c0fcd4448d8ae24e0','/photos/.copy.jpg
/photos/done.jpg
ada
italy
places/norway
red
sea
a title
fujifilm x-e2
norway/bergen
2019-07-14 14 july juli 2019');
INSERT INTO "photo_texts" VALUES(4,'c2f239aa2c62442ec956de587efe2144','/photos/wide.jpg
fujifilm x-e2
2019-07-14 14 july juli 2019');
CREATE TABLE photos (
	photo_id VARCHAR(32) NOT NULL, 
	state VARCHAR NOT NULL, 
	reason VARCHAR, 
	message VARCHAR, 
	scene_id VARCHAR(32), 
	media_type VARCHAR NOT NULL, 
	bytes BIGINT NOT NULL, 
	width INTEGER, 
	height INTEGER, 
	orientation INTEGER, 
	focal_px FLOAT, 
	focal_source VARCHAR, 
	focal_warning VARCHAR, 
	focal_mm FLOAT, 
	focal_35mm FLOAT, 
	taken_at DATETIME_TEXT, 
	taken_at_offset VARCHAR, 
	taken_at_utc DATETIME_TEXT, 
	camera_make VARCHAR, 
	camera_model VARCHAR, 
	lens_model VARCHAR, 
	latitude FLOAT, 
	longitude FLOAT, 
	altitude_m FLOAT, 
	taken_at_source VARCHAR, 
	position_source VARCHAR, 
	thumb_path VARCHAR, 
	found_at DATETIME_TEXT NOT NULL, 
	metadata_version INTEGER, 
	rating INTEGER, 
	favorite BOOLEAN, 
	picked BOOLEAN, 
	title VARCHAR, 
	caption VARCHAR, 
	hidden BOOLEAN, 
	trashed BOOLEAN, 
	place_id INTEGER, 
	place_source VARCHAR, 
	edited_of VARCHAR, 
	burst_id VARCHAR, 
	exposure_bias_ev FLOAT, 
	thumb_hash BIGINT, 
	sharpness FLOAT, 
	exposure FLOAT, 
	group_id VARCHAR(32), 
	group_kind VARCHAR, 
	group_rank INTEGER, 
	score FLOAT, 
	text_id INTEGER, 
	PRIMARY KEY (photo_id)
);
INSERT INTO "photos" VALUES('c2f239aa2c62442ec956de587efe2144','skipped','too_wide','wide',NULL,'jpeg',1000,9000,1000,1,NULL,NULL,NULL,NULL,NULL,'2019-07-14 18:30:00.000000','+02:00','2019-07-14 16:30:00.000000','FUJIFILM','X-E2',NULL,48.8584,2.2945,NULL,NULL,NULL,NULL,'2026-11-30 16:02:07.112192',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,4);
INSERT INTO "photos" VALUES('051550d41d8c7715304d235088b2cc8b','due',NULL,NULL,NULL,'jpeg',1000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-30 16:02:07.112192',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "photos" VALUES('6f3e26b7b4e4a9c4b8a34b2e316b58be','failed','truncated','cut off',NULL,'jpeg',1000,NULL,NULL,1,NULL,NULL,NULL,NULL,NULL,'2019-07-14 18:30:00.000000','+02:00','2019-07-14 16:30:00.000000','FUJIFILM','X-E2',NULL,48.8584,2.2945,NULL,NULL,NULL,NULL,'2026-11-30 16:02:07.112192',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2);
INSERT INTO "photos" VALUES('a5f104b9fcb1082c0fcd4448d8ae24e0','done',NULL,NULL,'302499c038b9a96e1a9116281176ca47','jpeg',1000,4000,3000,1,3000.0,'exif_35mm',NULL,NULL,NULL,'2019-07-14 18:30:00.000000','+02:00','2019-07-14 16:30:00.000000','FUJIFILM','X-E2',NULL,48.8584,2.2945,NULL,NULL,NULL,'thumbs/a5f104b9fcb1082c0fcd4448d8ae24e0.webp','2026-11-30 16:02:07.112192',NULL,4,1,NULL,'A title',NULL,NULL,NULL,1,'position',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3);
CREATE TABLE places (
	place_id INTEGER NOT NULL, 
	country VARCHAR, 
	region VARCHAR, 
	city VARCHAR, 
	location VARCHAR, 
	folded VARCHAR NOT NULL, 
	PRIMARY KEY (place_id)
);
INSERT INTO "places" VALUES(1,'Norway',NULL,'Bergen',NULL,'norway/bergen');
CREATE TABLE runs (
	run_id VARCHAR NOT NULL, 
	command VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	host VARCHAR NOT NULL, 
	pid INTEGER NOT NULL, 
	settings VARCHAR NOT NULL, 
	started_at DATETIME_TEXT NOT NULL, 
	finished_at DATETIME_TEXT, 
	due INTEGER, 
	done INTEGER, 
	failed INTEGER, 
	seconds FLOAT, 
	under_way VARCHAR, 
	PRIMARY KEY (run_id)
);
INSERT INTO "runs" VALUES('run-1','ingest','finished','vm',27889,'{}','2026-11-30 16:02:07.105418','2026-11-30 16:02:07.321823',4,1,1,2.5,NULL);
CREATE TABLE scene_flags (
	flag VARCHAR NOT NULL, 
	scene_id VARCHAR(32) NOT NULL, 
	value FLOAT, 
	PRIMARY KEY (flag, scene_id), 
	FOREIGN KEY(scene_id) REFERENCES scenes (scene_id)
)
 WITHOUT ROWID

;
INSERT INTO "scene_flags" VALUES('flat','302499c038b9a96e1a9116281176ca47',NULL);
CREATE TABLE scenes (
	scene_id VARCHAR(32) NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	run_id VARCHAR, 
	model VARCHAR NOT NULL, 
	model_fingerprint VARCHAR NOT NULL, 
	format VARCHAR NOT NULL, 
	quality VARCHAR, 
	splat_path VARCHAR NOT NULL, 
	splat_bytes BIGINT NOT NULL, 
	splat_sha256 VARCHAR(64) NOT NULL, 
	gaussians INTEGER NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	focal_px FLOAT NOT NULL, 
	focal_source VARCHAR NOT NULL, 
	user_focal_35mm FLOAT, 
	depth_near_m FLOAT NOT NULL, 
	depth_median_m FLOAT NOT NULL, 
	depth_far_m FLOAT NOT NULL, 
	depth_scale FLOAT, 
	decode_seconds FLOAT, 
	predict_seconds FLOAT, 
	encode_seconds FLOAT, 
	created_at DATETIME_TEXT NOT NULL, 
	verified_at DATETIME_TEXT, 
	score FLOAT, 
	score_parts VARCHAR, 
	scale_source VARCHAR, 
	PRIMARY KEY (scene_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id), 
	FOREIGN KEY(run_id) REFERENCES runs (run_id)
);
INSERT INTO "scenes" VALUES('d54a8498b41f1c733848f27bf80b8410','a5f104b9fcb1082c0fcd4448d8ae24e0','run-1','prior','prior-1','ply',NULL,'scenes/d54a8498b41f1c733848f27bf80b8410.ply',66,'1111111111111111111111111111111111111111111111111111111111111111',1179648,4000,3000,3000.0,'exif_35mm',NULL,0.8,4.0,60.0,NULL,0.1,1.0,0.2,'2026-11-30 16:02:07.133959',NULL,NULL,NULL,NULL);
INSERT INTO "scenes" VALUES('302499c038b9a96e1a9116281176ca47','a5f104b9fcb1082c0fcd4448d8ae24e0','run-1','sharp','sharp-1','ply',NULL,'scenes/302499c038b9a96e1a9116281176ca47.ply',66,'1111111111111111111111111111111111111111111111111111111111111111',1179648,4000,3000,3000.0,'exif_35mm',NULL,0.8,4.0,60.0,NULL,0.1,1.0,0.2,'2026-11-30 16:02:07.256252',NULL,NULL,NULL,NULL);
CREATE TABLE share_photos (
	share_id VARCHAR(12) NOT NULL, 
	photo_id VARCHAR(32) NOT NULL, 
	PRIMARY KEY (share_id, photo_id), 
	FOREIGN KEY(share_id) REFERENCES shares (share_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
)
 WITHOUT ROWID

;
INSERT INTO "share_photos" VALUES('4daf6d60ee32','a5f104b9fcb1082c0fcd4448d8ae24e0');
CREATE TABLE shares (
	share_id VARCHAR(12) NOT NULL, 
	token_sha256 VARCHAR(64) NOT NULL, 
	title VARCHAR NOT NULL, 
	downloads BOOLEAN NOT NULL, 
	created_at DATETIME_TEXT NOT NULL, 
	expires_at DATETIME_TEXT, 
	PRIMARY KEY (share_id), 
	UNIQUE (token_sha256)
);
INSERT INTO "shares" VALUES('4daf6d60ee32','27faec4a2b16c82b3f35e6366815dbb39c1767df1a8f82d75d55f77144311ee3','A title',1,'2026-11-30 16:02:07.286290',NULL);
CREATE TABLE tags (
	tag_id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	folded VARCHAR NOT NULL, 
	PRIMARY KEY (tag_id)
);
INSERT INTO "tags" VALUES(1,'album','Italy','italy');
INSERT INTO "tags" VALUES(2,'keyword','Places/Norway','places/norway');
INSERT INTO "tags" VALUES(3,'keyword','sea','sea');
INSERT INTO "tags" VALUES(4,'label','Red','red');
INSERT INTO "tags" VALUES(5,'person','Ada','ada');
CREATE TABLE user_focals (
	photo_id VARCHAR(32) NOT NULL, 
	source VARCHAR NOT NULL, 
	focal_35mm FLOAT NOT NULL, 
	set_at DATETIME_TEXT NOT NULL, 
	PRIMARY KEY (photo_id, source), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
);
INSERT INTO "user_focals" VALUES('051550d41d8c7715304d235088b2cc8b','flag',50.0,'2026-11-30 16:02:07.279988');
CREATE TABLE user_marks (
	photo_id VARCHAR(32) NOT NULL, 
	favorite BOOLEAN NOT NULL, 
	set_at DATETIME_TEXT NOT NULL, 
	PRIMARY KEY (photo_id), 
	FOREIGN KEY(photo_id) REFERENCES photos (photo_id)
);
INSERT INTO "user_marks" VALUES('a5f104b9fcb1082c0fcd4448d8ae24e0',1,'2026-11-30 16:02:07.285119');
CREATE UNIQUE INDEX tags_by_name ON tags (kind, name);
CREATE INDEX photos_by_time ON photos (taken_at, photo_id, latitude, longitude, camera_make, camera_model, hidden, trashed);
CREATE INDEX photos_by_make ON photos (camera_make);
CREATE INDEX photos_by_burst ON photos (burst_id);
CREATE INDEX photos_by_lens ON photos (lens_model);
CREATE INDEX photos_by_rating ON photos (rating, hidden, trashed);
CREATE INDEX photos_by_place_name ON photos (place_id, hidden, trashed, latitude, longitude);
CREATE INDEX photos_by_score ON photos (score, hidden, trashed);
CREATE INDEX photos_by_state_and_time ON photos (state, taken_at, photo_id, hidden, trashed, group_id, group_rank, scene_id, score, text_id);
CREATE INDEX photos_by_place ON photos (latitude, longitude, taken_at, camera_make, camera_model, hidden, trashed);
CREATE INDEX photos_by_favorite ON photos (favorite, hidden, trashed);
CREATE INDEX photos_by_group ON photos (group_id, group_rank);
CREATE INDEX photos_by_camera ON photos (camera_model);
CREATE INDEX photos_by_hidden ON photos (hidden);
CREATE INDEX photos_by_state ON photos (state, reason);
CREATE INDEX photos_by_trashed ON photos (trashed);
CREATE INDEX photo_tags_by_photo ON photo_tags (photo_id);
CREATE INDEX context_facts_by_origin ON context_facts (origin);
CREATE INDEX photo_flags_by_photo ON photo_flags (photo_id);
CREATE TRIGGER photo_texts_inserted AFTER INSERT ON photo_texts BEGIN INSERT INTO photo_search (rowid, text) VALUES (new.text_id, new.text); END;
CREATE TRIGGER photo_texts_deleted AFTER DELETE ON photo_texts BEGIN INSERT INTO photo_search (photo_search, rowid, text) VALUES ('delete', old.text_id, old.text); END;
CREATE TRIGGER photo_texts_updated AFTER UPDATE ON photo_texts BEGIN INSERT INTO photo_search (photo_search, rowid, text) VALUES ('delete', old.text_id, old.text); INSERT INTO photo_search (rowid, text) VALUES (new.text_id, new.text); END;
CREATE INDEX share_photos_by_photo ON share_photos (photo_id);
CREATE INDEX photo_paths_by_photo ON photo_paths (photo_id);
CREATE INDEX scenes_by_model ON scenes (model, format, splat_bytes);
CREATE INDEX scenes_by_scale ON scenes (scale_source, photo_id);
CREATE INDEX scenes_by_photo ON scenes (photo_id);
CREATE INDEX scenes_by_check ON scenes (verified_at);
CREATE INDEX failures_by_photo ON failures (photo_id);
CREATE INDEX scene_flags_by_scene ON scene_flags (scene_id);
CREATE INDEX artifacts_by_path ON artifacts (path);
CREATE INDEX artifacts_by_scene ON artifacts (scene_id);
CREATE INDEX artifacts_by_kind ON artifacts (kind, bytes);
CREATE INDEX artifacts_by_photo ON artifacts (photo_id, kind);
CREATE VIRTUAL TABLE photo_search USING fts5(text, content='photo_texts', content_rowid='text_id', detail=none, columnsize=0, tokenize='trigram case_sensitive 1');
INSERT INTO photo_search (photo_search) VALUES ('rebuild');
COMMIT;
