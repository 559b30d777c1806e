import pandas as pd
pd.read_csv('progress.csv')
import json
config = json.load(open('parameter.json', 'r'))
print(list(config), len(pd.read_csv('progress.csv')))
