using Api;
using Api.Common;
using Application;
using Platform;
using Platform.ReadReplicas;
using ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDataSources();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddApplication();
builder.Services.AddPlatform(builder.Configuration);
builder.AddProxies();
builder.AddHttpSurface();

var app = builder.Build();
app.UseForwardedHeaders();
app.UseSyncTokens();
app.UseHttpSurface();
app.MapHealthEndpoints();
app.MapEndpointGroups();
app.Run();
