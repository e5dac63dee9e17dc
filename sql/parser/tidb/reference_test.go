package tidb

import (
	"strings"
	"testing"
)

// reference are the functions of the references of MySQL 8 and TiDB that are called by
// name; aggregates and window functions have nodes of their own.
const reference = `abs acos adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 benchmark bin bin_to_uuid
bit_count bit_length can_access_column can_access_database can_access_table can_access_user can_access_view ceil ceiling char_length
character_length charset coalesce coercibility collation compress concat concat_ws connection_id conv convert convert_tz cos
cot crc32 curdate current_date current_role current_time current_timestamp current_user curtime database date date_add date_format
date_sub datediff day dayname dayofmonth dayofweek dayofyear degrees elt exp export_set extract extractvalue field find_in_set
floor format format_bytes format_pico_time found_rows from_base64 from_days from_unixtime geomcollection geometrycollection get_format
get_lock greatest gtid_subset gtid_subtract hex hour icu_version if ifnull inet_aton inet_ntoa inet6_aton inet6_ntoa
insert_func instr interval is_free_lock is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_used_lock is_uuid isnull json_array
json_array_append json_array_insert json_contains json_contains_path json_depth json_extract json_insert json_keys json_length
json_merge json_merge_patch json_merge_preserve json_object json_overlaps json_pretty json_quote json_remove json_replace
json_schema_valid json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table json_type
json_unquote json_valid json_value last_day last_insert_id lcase least left length linestring ln load_file localtime
localtimestamp locate log log10 log2 lower lpad ltrim make_set makedate maketime mbrcontains mbrcoveredby mbrcovers mbrdisjoint
mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin md5 json_memberof microsecond mid minute mod month monthname multilinestring
multipoint multipolygon point polygon etag is_visible_dd_object name_const now nullif oct octet_length ord period_add period_diff pi position pow power ps_current_thread_id
ps_thread_id quarter quote radians rand random_bytes regexp_instr regexp_like regexp_replace regexp_substr release_all_locks release_lock
repeat replace reverse right rlike roles_graphml round row_count rpad rtrim schema sec_to_time second session_user sha1 sha
sha2 sign sin sleep soundex source_pos_wait space sqrt st_area st_asgeojson st_astext st_buffer st_distance st_geomfromtext st_within
statement_digest statement_digest_text str_to_date strcmp subdate substr substring substring_index subtime sysdate system_user tan time
time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds trim truncate ucase uncompress
uncompressed_length unhex unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid uuid_short uuid_to_bin
validate_password_strength version wait_for_executed_gtid_set week weekday weekofyear weight_string year yearweek
vector_dim vector_to_string from_vector string_to_vector to_vector distance vector_distance
tidb_bounded_staleness tidb_current_tso tidb_decode_binary_plan tidb_decode_key tidb_decode_plan tidb_decode_sql_digests
tidb_encode_sql_digest tidb_encode_record_key tidb_encode_index_key tidb_is_ddl_owner tidb_mvcc_info tidb_parse_tso tidb_parse_tso_logical
tidb_row_checksum tidb_shard tidb_version vitess_hash current_resource_group json_sum_crc32 nextval lastval setval
vec_as_text vec_cosine_distance vec_dims vec_from_text vec_l1_distance vec_l2_distance vec_l2_norm vec_negative_inner_product
char_func translate encode decode password sm3 uuid_v4 uuid_v7 uuid_version uuid_timestamp format_nano_time fts_match_word fts_match_phrase
fts_match_prefix embed_text vec_embed_cosine_distance vec_embed_l2_distance`

// Every function of the references works or is refused by name; none is left to
// PostgreSQL, which has some by the same name with another meaning.
func TestReferenceFunctions(t *testing.T) {
	for name := range strings.FieldsSeq(reference) {
		_, isSpecial := special[name]
		_, isOwn := ownFuncs()[name]
		_, isSynonym := synonyms[name]
		if !isSpecial && !isOwn && !isSynonym && !mysqlOnly[name] && !strings.HasPrefix(name, "st_") {
			t.Errorf("%s is unknown", name)
		}
	}
}
