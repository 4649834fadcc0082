"""Operations that join engine and warehouse: pull an object, transform the news, deploy configs. No Airflow."""
