#!/usr/bin/env dotnet
#:project dev/Dev.csproj
#:property PublishAot=false

// The one entry point of this repository: dotnet dev.cs help
return await Colonnade.Dev.CommandLine.RunAsync(args);
